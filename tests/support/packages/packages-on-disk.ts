/** Archives and INF files in a folder of the test, read as the command reads them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { FileFailure } from '../../../plugin/files/failure.js';
import { ImageBuffer } from '../../../plugin/files/read.js';
import { cabMembers } from '../../../plugin/packages/cab/cab.js';
import type { ArchiveLimits, Member } from '../../../plugin/packages/members.js';
import { openRandomAccess, type RandomAccess } from '../../../plugin/packages/random-access.js';
import { zipMembers } from '../../../plugin/packages/zip/zip.js';
import { scratch } from '../../plugin/files/scratch.js';

export interface Unpacked {
  readonly members: ReadonlyMap<string, Buffer>;
  readonly failures: readonly FileFailure[];
}

export function opened(t: ExecutionContext, name: string, bytes: Uint8Array): RandomAccess {
  const path = join(scratch(t), name);
  writeFileSync(path, bytes);
  const file = openRandomAccess(path);
  if (!file.ok) throw new Error(file.message);
  t.teardown(() => file.close());
  return file;
}

const everything = (): boolean => true;

export const unpackCab = (t: ExecutionContext, bytes: Uint8Array, limits?: ArchiveLimits): Unpacked =>
  sorted(kept(cabMembers(opened(t, 'a.cab', bytes), everything, new ImageBuffer(), limits)));

export async function unpackZip(t: ExecutionContext, bytes: Uint8Array, limits?: ArchiveLimits): Promise<Unpacked> {
  const all: (Member | FileFailure)[] = [];
  for await (const member of zipMembers(opened(t, 'a.zip', bytes), everything, new ImageBuffer(), limits))
    all.push(...kept([member]));
  return sorted(all);
}

/** With bytes of their own: those of a member are good until the next is asked for. */
export function kept(all: Iterable<Member | FileFailure | null>): (Member | FileFailure)[] {
  const copies: (Member | FileFailure)[] = [];
  for (const each of all) if (each !== null) copies.push(each.ok ? { ...each, bytes: each.bytes.slice() } : each);
  return copies;
}

function sorted(all: readonly (Member | FileFailure)[]): Unpacked {
  return {
    members: new Map(all.filter((each) => each.ok).map(({ name, bytes }) => [name, Buffer.from(bytes)])),
    failures: all.filter((each) => !each.ok),
  };
}

/** The same for every run: an xorshift of a fixed start. */
export function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}

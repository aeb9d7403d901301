/** What an archive costs in memory: its largest member, once, whatever else there is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ImageBuffer } from '../../../plugin/files/read.js';
import { archiveImages } from '../../../plugin/packages/archive.js';
import { buildCab } from '../../support/packages/cab-builder.js';
import { noise } from '../../support/packages/packages-on-disk.js';
import { buildZip } from '../../support/packages/zip-builder.js';
import { scratch } from '../files/scratch.js';

/** Each larger than the one before: a room that grows by and by would be another each time. */
const members = [100_000, 200_000, 400_000, 700_000].map((length, index) => ({
  name: `${index}.sys`,
  data: noise(length),
}));

for (const [name, bytes] of [
  ['deflated.zip', buildZip(members)],
  ['stored.zip', buildZip(members.map((member) => ({ ...member, method: 0 as const })))],
  ['mszip.cab', buildCab({ folders: [{ method: 'mszip', files: members }] })],
  ['lzx.cab', buildCab({ folders: [{ method: 'lzx', files: members }] })],
  ['folders.cab', buildCab({ folders: members.map((member) => ({ method: 'mszip', files: [member] })) })],
] as const)
  test(`${name}: members are unpacked into the same memory, one after the other`, async (t) => {
    const path = join(scratch(t), name);
    writeFileSync(path, bytes);
    const memories = new Set<ArrayBufferLike>();
    let at = 0;
    for await (const image of archiveImages(path, new ImageBuffer())) {
      if (!image.ok || image.bytes === null) return t.fail(image.path);
      t.true(members[at++]?.data.equals(image.bytes));
      memories.add(image.bytes.buffer);
    }
    t.is(at, members.length);
    t.is(memories.size, 1);
    for (const { byteLength } of memories) t.true(byteLength < 1_000_000, `${byteLength} bytes`);
  });

/** Bytes that no packer wrote: a failure each, never an exception, never bytes that were not packed. */
import test from 'ava';
import fc from 'fast-check';
import { ImageBuffer } from '../../../../plugin/files/read.js';
import { cabMembers } from '../../../../plugin/packages/cab/cab.js';
import type { RandomAccess } from '../../../../plugin/packages/random-access.js';
import { buildCab, type CabSpec } from '../../../support/packages/cab-builder.js';
import { kept, noise, opened, unpackCab } from '../../../support/packages/packages-on-disk.js';

const RUNS = process.env['HVCI_FIX_LONG'] === '1' ? 20_000 : 400;
const data = Buffer.concat([noise(300), Buffer.alloc(600, 'xyz'), noise(300)]);
const cabOf = (method: CabSpec['folders'][number]['method']): Buffer =>
  buildCab({ folders: [{ method, files: [{ name: 'a.sys', data }] }], checksums: false });

/** A file in memory: thousands of files on the disk would take the time. */
const inMemory = (bytes: Buffer): RandomAccess => ({
  ok: true,
  path: 'a.cab',
  size: bytes.length,
  descriptor: -1,
  read: (offset, length) =>
    Buffer.from(bytes.subarray(Math.min(offset, bytes.length), Math.max(offset, offset + length))),
  close: () => undefined,
});
const outcome = (bytes: Buffer) => kept(cabMembers(inMemory(bytes), () => true, new ImageBuffer()));

for (const method of ['stored', 'mszip', 'lzx'] as const) {
  test(`${method}: cut off at every byte`, (t) => {
    const cab = cabOf(method);
    for (let length = 0; length < cab.length; length++) {
      const all = outcome(cab.subarray(0, length));
      t.true(all.length === 1 && all[0]?.ok === false, `${length} of ${cab.length} bytes`);
    }
    t.true(outcome(cab)[0]?.ok);
  });

  test(`${method}: flipped bits`, (t) => {
    const cab = cabOf(method);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(cab.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        (flips) => {
          const bytes = Buffer.from(cab);
          for (const [at, mask] of flips) bytes[at] = (bytes[at] as number) ^ mask;
          for (const member of outcome(bytes)) if (!member.ok && member.message === '') return false;
          return true;
        },
      ),
      { numRuns: RUNS },
    );
    t.pass();
  });
}

test('random bytes behind a header', (t) => {
  const cab = cabOf('lzx');
  const start = cab.readUInt32LE(36) + 8;
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: cab.length - start }), (random) => {
      const bytes = Buffer.from(cab);
      bytes.set(random, start);
      return outcome(bytes).length === 1;
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test('no cabinet at all: one line', (t) => {
  const { failures } = unpackCab(t, noise(200));
  t.is(failures.length, 1);
  t.regex(failures[0]?.message ?? '', /does not start as a cabinet does/);
  t.is(opened(t, 'b.cab', noise(3)).size, 3);
});

/** Stored blocks of one byte each, `blocks` of them in each folder. */
function tinyBlocks(
  blocks: readonly number[],
  files: readonly { size: number; folder: number; start?: number }[],
): Buffer {
  const block = Buffer.from([0, 0, 0, 0, 1, 0, 1, 0, 0x41]);
  const filesOffset = 36 + 8 * blocks.length;
  const entry = Buffer.alloc(16);
  const entries = Buffer.concat(
    files.map(({ size, folder, start = 0 }, index) => {
      entry.writeUInt32LE(size, 0);
      entry.writeUInt32LE(start, 4);
      entry.writeUInt16LE(folder, 8);
      return Buffer.concat([entry, Buffer.from(`${index}.sys\0`)]);
    }),
  );
  let dataOffset = filesOffset + entries.length;
  const folders = blocks.map((count) => {
    const folder = Buffer.alloc(8);
    folder.writeUInt32LE(dataOffset, 0);
    folder.writeUInt16LE(count, 4);
    dataOffset += count * block.length;
    return folder;
  });
  const header = Buffer.alloc(36);
  header.write('MSCF', 'latin1');
  header.writeUInt32LE(filesOffset, 16);
  header.set([3, 1], 24);
  header.writeUInt16LE(blocks.length, 26);
  header.writeUInt16LE(files.length, 28);
  const all = blocks.reduce((sum, count) => sum + count, 0);
  return Buffer.concat([header, ...folders, entries, Buffer.alloc(all * block.length, block)]);
}

test('members that share a part of their bytes: one is given, a line for each other', (t) => {
  const files = Array.from({ length: 1000 }, (_, index) => ({ size: 2000 - index, start: index, folder: 0 }));
  const all = outcome(tinyBlocks([65_535], files));
  t.deepEqual(
    all.filter(({ ok }) => ok).map(({ path }) => path),
    ['a.cab!0.sys'],
  );
  const failures = all.filter((each) => !each.ok);
  t.is(failures.length, 999);
  t.regex(failures[0]?.message ?? '', /^Passed over 1\.sys in a\.cab: a part of its bytes is another member's too/);
});

test('folders of tiny blocks that are all the same: they stop at the limit', (t) => {
  const count = 100;
  const files = Array.from({ length: count }, (_, folder) => ({ size: 1, start: 65_534, folder }));
  const cab = tinyBlocks([65_535, ...Array(count - 1).fill(0)], files);
  for (let folder = 1; folder < count; folder++) cab.copy(cab, 36 + 8 * folder, 36, 44);
  const all = outcome(cab).map((member) => (member.ok ? member.path : member.code));
  t.true(all.length < 20, `${all.length} lines`);
  t.is(all.at(-1), 'limit');
});

test('as many folders as there can be, with a member each, take no time', (t) => {
  const count = 60_000;
  const files = Array.from({ length: count }, (_, folder) => ({ size: 1, folder }));
  const cab = tinyBlocks(Array(count).fill(1), files);
  const before = process.cpuUsage().user;
  t.is(outcome(cab).filter(({ ok }) => ok).length, count);
  // It was some 20 s when each folder looked through all members.
  t.true(process.cpuUsage().user - before < 8e6);
});

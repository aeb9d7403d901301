/** What an archive costs in memory: its largest member, once, whatever else there is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ImageBuffer } from '../../../plugin/files/read.js';
import { archiveImages } from '../../../plugin/packages/archive.js';
import { LIMITS } from '../../../plugin/packages/members.js';
import { buildCab } from '../../support/packages/cab-builder.js';
import { buildCatalog } from '../../support/packages/catalog-builder.js';
import { infOfDrivers } from '../../support/packages/inf-builder.js';
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

test('INF files that name too many images, catalogs that list too many files: a line each, and no more is held', async (t) => {
  const hash = Buffer.alloc(32, 7);
  const list = ['a.sys', 'b.sys', 'c.sys'].map((fileName) => ({ fileName, algorithm: 'sha256' as const, hash }));
  const path = join(scratch(t), 'a.zip');
  writeFileSync(
    path,
    buildZip([
      { name: '1.inf', data: infOfDrivers(2) },
      { name: '2.inf', data: infOfDrivers(4, 1) },
      { name: '3.inf', data: infOfDrivers(1, 5) },
      { name: '1.cat', data: Buffer.from(buildCatalog({ members: list })) },
      { name: '2.cat', data: Buffer.from(buildCatalog({ members: list })) },
      { name: 'driver0.sys', data: noise(100) },
    ]),
  );
  const lines: string[] = [];
  for await (const image of archiveImages(path, new ImageBuffer(), null, { ...LIMITS, named: 3, listed: 3 })) {
    const name = image.path.replace(/^.*!/, '');
    lines.push(image.ok ? `${name} ${image.catalogs.length}` : `${name} ${image.code}`);
  }
  t.deepEqual(lines, ['2.inf limit', '3.inf limit', '2.cat limit', 'driver0.sys 1', 'driver1.sys missing']);
});

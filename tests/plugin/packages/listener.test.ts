/** Ctrl-C is heard in the middle of a large member and of a long INF, not only between two images. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { ImageBuffer } from '../../../plugin/files/read.js';
import { archiveImages } from '../../../plugin/packages/archive.js';
import { infImages } from '../../../plugin/packages/inf/inf-package.js';
import type { Listener } from '../../../plugin/packages/listener.js';
import { buildCab } from '../../support/packages/cab-builder.js';
import { infOfDrivers } from '../../support/packages/inf-builder.js';
import { noise } from '../../support/packages/packages-on-disk.js';
import { buildZip } from '../../support/packages/zip-builder.js';
import { scratch } from '../files/scratch.js';

/** Hears the signal when it listens for the `count`th time. */
function hearing(count: number): Listener & { times: number } {
  return {
    times: 0,
    isDue: true,
    signal: null,
    sourceCutShort: false,
    async heard() {
      this.times++;
      if (this.times === count) (this as { signal: string | null }).signal = 'SIGINT';
    },
  };
}

const large = Buffer.concat(Array.from({ length: 64 }, () => noise(32768)));
const members = [
  { name: 'small.sys', data: noise(100) },
  { name: 'large.sys', data: large },
  { name: 'later.sys', data: noise(100) },
];

for (const [name, bytes] of [
  ['a.zip', buildZip(members)],
  ['a.cab', buildCab({ folders: [{ method: 'mszip', files: members }] })],
] as const) {
  test(`${name}: in the middle of a member`, async (t) => {
    const path = join(scratch(t), name);
    writeFileSync(path, bytes);
    const names = async (listener: Listener | null) => {
      const found: string[] = [];
      for await (const image of archiveImages(path, new ImageBuffer(), listener))
        found.push(image.path.replace(/^.*!/, ''));
      return found;
    };
    t.deepEqual(await names(null), ['small.sys', 'large.sys', 'later.sys']);
    const deaf = hearing(Number.POSITIVE_INFINITY);
    t.is((await names(deaf)).length, 3);
    t.true(deaf.times > 30, 'every block of 32 KB, or what a stream gives at once');
    t.false(deaf.sourceCutShort);
    const listener = hearing(20);
    t.deepEqual(await names(listener), ['small.sys']);
    // Once more at the end, where missing files would be told of.
    t.true(listener.times <= 21);
    t.true(listener.sourceCutShort);
  });
}

test('an INF: while its files are looked for', async (t) => {
  const path = join(scratch(t), 'a.inf');
  writeFileSync(path, infOfDrivers(1000));
  const listener = hearing(500);
  let told = 0;
  for await (const image of infImages(path, listener)) t.is(image.path, join(dirname(path), `driver${told++}.sys`));
  t.is(told, 499, 'those before it, none of which is there');
  t.is(listener.times, 500);
  t.true(listener.sourceCutShort);
});

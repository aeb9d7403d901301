/** What results carry of an image's pages, for images that no reader would want to see whole. */
import { writeFileSync } from 'node:fs';
import test from 'ava';
import { folderWith, run } from '../../support/command.js';
import { buildDriver, SCN } from '../../support/image-builder-driver.js';

test('a forged section table: the first 256 sections, and how many more there are', async (t) => {
  const { folder, at } = folderWith(t, {});
  const more = Array.from({ length: 300 }, (_, index) => ({
    name: `s${index}`,
    characteristics: SCN.data,
    data: new Uint8Array(16),
  }));
  const { bytes } = buildDriver({ more });
  writeFileSync(at('many.sys'), bytes);
  writeFileSync(at('few.sys'), buildDriver().bytes);
  const { stdout } = await run(['few.sys', 'many.sys', '--format', 'json', '--page-map'], { cwd: folder });
  const { images } = JSON.parse(stdout) as { images: { pageMap: { sections: object[]; moreSections?: number } }[] };
  // NumberOfSections of the COFF file header, at offset 2 behind "PE\0\0".
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint16(
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(0x3c, true) + 4 + 2,
    true,
  );
  t.true(count > 300);
  t.deepEqual(
    images.map(({ pageMap }) => [pageMap.sections.length <= 256, pageMap.moreSections]),
    [
      [true, undefined],
      [true, count - 256],
    ],
  );
});

/** Images built to make a report or a refusal slow or deep: the whole command, in each format, with a limit on its time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../support/command.js';
import { buildImage, type SectionSpec } from '../support/image-builder.js';
import { SCN } from '../support/image-builder-driver.js';
import { words } from '../support/image-builder-tables.js';

const folder = mkdtempSync(join(tmpdir(), 'hvci-fix-adversarial-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const inits = (count: number): SectionSpec[] =>
  Array.from({ length: count }, (_, index) => ({
    name: 'INIT',
    characteristics: SCN.initRwx,
    rva: 0x1000000 + index * 0x1000,
    virtualSize: 0x1000,
  }));

/** Each finding has an edit or a refusal of its own, so that looking for it in a list squares. */
const images: Readonly<Record<string, Uint8Array>> = {
  'refused as a whole': buildImage({ entryPoint: 1, sections: inits(65_535), certificate: { place: 'dangling' } })
    .bytes,
  'refused one by one': buildImage({
    entryPoint: 1,
    sections: inits(65_535),
    directories: { 1: { rva: 0x7fff0000, size: 40 } },
  }).bytes,
};

for (const [name, bytes] of Object.entries(images)) {
  for (const format of ['text', 'json', 'msbuild', 'sarif']) {
    test.serial(`${name}: fix --dry-run --format ${format}`, async (t) => {
      t.timeout(60_000);
      const path = join(folder, `${name}.sys`);
      writeFileSync(path, bytes);
      const { exitCode, stderr } = await run(['fix', '--dry-run', '--format', format, path], { timeout: 40_000 });
      t.is(stderr, '');
      t.true(exitCode === 1 || exitCode === 2);
    });
  }
}

test.serial('a relocation table of nothing but straddles is counted, not kept', async (t) => {
  t.timeout(60_000);
  // 4,000,000 DIR64 entries in one block, built by hand: an object for each would be what this test is about.
  const data = new Uint8Array(8 + 8_000_000).fill(0xaf);
  data.set(words(0x104c, data.length));
  const { bytes } = buildImage({
    entryPoint: 1,
    sections: [{ name: '.reloc', characteristics: SCN.reloc, data }],
    directories: { 5: (rvaOf) => ({ rva: rvaOf('.reloc'), size: data.length }) },
  });
  const path = join(folder, 'straddles.sys');
  writeFileSync(path, bytes);
  const environment = { NODE_OPTIONS: '--max-old-space-size=64' };
  const { stdout } = await run(['check', '--format', 'json', path], { timeout: 40_000, env: environment });
  const report = JSON.parse(stdout) as { images: { findings: { code: string; data: { count: number } }[] }[] };
  // 0xAFAF: type 10, page offset 0xFAF; with the block at 0x1000 + 0x4C each field begins at page offset 0xFFB.
  t.is(report.images[0]?.findings.find(({ code }) => code === 'HVCI3001')?.data.count, 4_000_000);
});

/** The view of one driver in a real Chromium: its map of pages, its findings, on narrow windows and on paper; the headlines. */
import { readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { closeBrowser, type Opened, openPage, type View } from '../support/browser.js';
import { folderWith, run, runJson } from '../support/command.js';
import { inBrowser, names } from '../support/report-page.js';
import { readobj } from '../support/toolchain/oracles.js';
import { committedSample } from '../support/toolchain/samples.js';
import { toolsReady } from '../support/toolchain/tools.js';

test.after.always(closeBrowser);

inBrowser('the page map says what llvm-readobj says, now and after the plan', async (t) => {
  const { folder, at } = folderWith(t, { 'init.sys': 'init-rwx', 'straddle.sys': 'straddling-relocations' });
  await run(['report', 'init.sys', 'straddle.sys', '-o', 'r.html'], { cwd: folder });
  const opened = await openPage(t, at('r.html'));
  const { page } = opened;
  if (!toolsReady(t, ['llvm-readobj-22'])) return opened;
  await page.getByRole('link', { name: 'init.sys' }).click();
  const rows = await page.locator('.map tbody tr').all();
  const { sections } = await readobj(at('init.sys'));
  t.is(rows.length, 1 + sections.length);
  for (const [index, section] of sections.entries()) {
    const row = rows[index + 1]!;
    const access = ['READ', 'WRITE', 'EXECUTE'].map((_, bit) =>
      section.characteristics & [0x40000000, 0x80000000, 0x20000000][bit]! ? 'RWX'[bit] : '-',
    );
    t.is(await row.locator('.name').innerText(), section.name);
    t.deepEqual(await row.locator('td.number').allInnerTexts(), [
      `0x${section.virtualAddress.toString(16)}`,
      String(Math.ceil(section.virtualSize / 0x1000)),
    ]);
    const [now, planned] = await row.locator('.letters').allInnerTexts();
    t.is(now, access.join(''), section.name);
    t.is(planned, section.name === 'INIT' ? 'R-X' : now);
    t.is(await row.locator('.cells').count(), 2);
  }
  t.is(await page.locator('.map .hatch').count(), 1);
  t.deepEqual(await page.locator('.edits tbody .bytes').allInnerTexts(), [
    'b3110000 → b2910000',
    '200000e2 → 20000062',
  ]);
  await page.goBack();
  await page.getByRole('link', { name: 'straddle.sys' }).click();
  await page.locator('.map .mark.straddle').first().waitFor();
  t.is(await page.locator('.map .mark.straddle').count(), 1);
  t.regex(await page.locator('.map tr.offending .marks').innerText(), /HVCI3001.*1 straddling relocation/s);
  return opened;
});

/** The NDJSON of one sample, its image changed; the page of that. */
async function openChanged(
  t: ExecutionContext,
  change: (image: Changeable) => object,
  view: View = {},
  sample = 'executable-pool',
): Promise<Opened> {
  const { folder, at } = folderWith(t, { 'a.sys': sample });
  const { stdout } = await run(['check', 'a.sys', '--format', 'ndjson', '--page-map'], { cwd: folder });
  const [image, summary] = stdout.split('\n');
  writeFileSync(at('pc.ndjson'), `${JSON.stringify(change(JSON.parse(image!)))}\n${summary}\n`);
  await run(['report', 'pc.ndjson', '-o', 'r.html'], { cwd: folder });
  return openPage(t, at('r.html'), view);
}

interface Changeable {
  readonly findings: readonly { readonly code: string; readonly rva: number }[];
  readonly pageMap: { readonly sections: readonly object[]; readonly sizeOfImage: number };
}

inBrowser('call sites are marked on their pages without any option', async (t) => {
  const { folder, at } = folderWith(t, { 'pool.sys': 'executable-pool' });
  await run(['report', 'pool.sys', '-o', 'r.html'], { cwd: folder });
  const { image } = await runJson(['pool.sys'], { cwd: folder });
  const { findings } = image as unknown as Changeable;
  const rvas = findings.filter(({ code }) => code === 'HVCI2000').map(({ rva }) => rva);
  t.true(rvas.length > 0);
  const opened = await openPage(t, at('r.html'));
  const { page } = opened;
  await page.getByRole('link', { name: 'pool.sys' }).click();
  const { sections } = await readobj(at('pool.sys'));
  const text = sections.find(({ name }) => name === '.text')!;
  t.true(rvas.every((rva) => rva >= text.virtualAddress && rva < text.virtualAddress + 0x1000));
  const row = page.locator('.map tbody tr', { has: page.locator('.name', { hasText: /^\.text$/ }) });
  t.is(await row.locator('.mark.call').count(), await row.locator('.cells').count());
  t.is(await page.locator('.map tbody .mark.call').count(), await row.locator('.cells').count());
  t.true((await row.locator('.marks').innerText()).includes(`${rvas.length} call site`));
  return opened;
});

inBrowser('hundreds of findings: no rule is lost to another, and every call site is on the map', async (t) => {
  const opened = await openChanged(t, (image) => {
    const call = image.findings.find(({ code }) => code === 'HVCI2000')!;
    const others = image.findings.filter(({ code }) => code !== 'HVCI2000');
    const last = { ...call, code: 'HVCI2003', severity: 'warning', rva: 0x1000 };
    return { ...image, findings: [...Array.from({ length: 1000 }, () => call), ...others, last] };
  });
  const { page } = opened;
  await page.getByRole('button', { name: /^HVCI2003.*1$/ }).click();
  t.deepEqual(await names(page), ['a.sys']);
  await page.getByRole('link', { name: 'a.sys' }).click();
  t.true((await page.locator('.map').innerText()).includes('1,000 call sites'));
  t.regex(await page.locator('.detail').innerText(), /and \d+ more findings; --format json lists every one/);
  return opened;
});

inBrowser('a map of gaps, of long names and of sections that are left out fits a narrow window', async (t) => {
  const opened = await openChanged(
    t,
    (image) => {
      const far = { name: 'x'.repeat(300), rva: 0x4000000, size: 0x1000, characteristics: 0x60000020 };
      const sections = [...image.pageMap.sections, far];
      return { ...image, pageMap: { ...image.pageMap, sections, moreSections: 1751, sizeOfImage: 0x4001000 } };
    },
    { width: 400 },
  );
  const { page } = opened;
  await page.getByRole('link', { name: 'a.sys' }).click();
  const box = await page.evaluate<number[]>(
    "[...document.querySelectorAll('.map-scroll')].map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)",
  );
  t.is(box[0], 0);
  t.regex(await page.locator('.map-summary').innerText(), /Only the first \d+ of 1,7\d\d sections are drawn/);
  // One line for what is not there, however much of it.
  const gap = page.locator('.map tbody tr', { hasText: 'unmapped' });
  t.true((await gap.locator('svg').first().boundingBox())!.height < 40);
  t.true((await page.getByRole('row').count()) > 5);
  return opened;
});

for (const [title, files, headline, lede] of [
  ['nothing readable', { 'a.sys': 'text', 'b.sys': '' }, '2 of 2 images could not be read', null],
  ['one that loads', { 'a.sys': 'clean' }, 'No driver is refused with memory integrity on', null],
  ['one that does not', { 'a.sys': 'iat-in-text' }, 'The image does not load with memory integrity on', null],
  ['one for x86', { 'a.sys': 'clean32' }, 'The image is no driver that memory integrity concerns', null],
  [
    'a wrong checksum for x86 beside a good driver: it does not load, and not because of memory integrity',
    { 'a.sys': 'wrong32', 'b.sys': 'clean' },
    '1 of 2 images does not load, for a reason other than memory integrity',
    null,
  ],
  [
    'a wrong checksum for x86 beside one that is refused: only the latter counts',
    { 'a.sys': 'wrong32', 'b.sys': 'iat-in-text' },
    '1 of 2 images does not load with memory integrity on',
    null,
  ],
  ['an unsigned one to fix', { 'a.sys': 'init-rwx' }, null, /can safely remove findings from 1 image\. /],
] as const) {
  inBrowser(`the headline: ${title}`, async (t) => {
    const { folder, at } = folderWith(t, {});
    for (const [name, content] of Object.entries(files)) {
      const sample = (): Buffer =>
        readFileSync(/32$/.test(content) ? committedSample('clean', 'x86') : committedSample(content));
      const bytes = content === 'text' || content === '' ? Buffer.from(content) : sample();
      // CheckSum, of the optional header.
      if (content === 'wrong32') bytes.writeUInt32LE(0x12345, bytes.readUInt32LE(0x3c) + 24 + 64);
      writeFileSync(at(name), bytes);
    }
    await run(['report', '.', '-o', 'r.html'], { cwd: folder });
    const opened = await openPage(t, at('r.html'));
    if (headline !== null) t.is(await opened.page.locator('h1').innerText(), headline);
    if (lede !== null) t.regex(await opened.page.locator('.lede').innerText(), lede);
    return opened;
  });
}

inBrowser('signed images: the page says what a fix costs', async (t) => {
  const opened = await openChanged(t, (image) => ({ ...image, signed: true }), {}, 'init-rwx');
  const { page } = opened;
  t.regex(await page.locator('.lede').innerText(), /from 1 image, which is signed and would lose the signature\./);
  await page.getByRole('link', { name: 'a.sys' }).click();
  t.true((await page.locator('.finding', { hasText: 'HVCI2003' }).innerText()).includes('only with --strip-signature'));
  return opened;
});

inBrowser('one signed image of two: in the singular', async (t) => {
  const { folder, at } = folderWith(t, {});
  const finding = { code: 'HVCI2003', severity: 'warning', effect: 'hygiene', fix: 'safe' };
  const image = { type: 'image', size: 1, machine: 'x64', kind: 'driver', status: 'findings', findings: [finding] };
  const lines = ['a.sys', 'b.sys'].map((path) => JSON.stringify({ ...image, path, signed: path === 'a.sys' }));
  writeFileSync(at('a.ndjson'), lines.join('\n'));
  await run(['report', 'a.ndjson', '-o', 'r.html'], { cwd: folder });
  const opened = await openPage(t, at('r.html'));
  t.regex(await opened.page.locator('.lede').innerText(), /from 2 images, 1 of which is signed and would lose/);
  return opened;
});

inBrowser('on paper: a map as wide as the sheet, every finding, and back', async (t) => {
  const opened = await openChanged(t, (image) => {
    const call = image.findings.find(({ code }) => code === 'HVCI2000')!;
    return { ...image, findings: Array.from({ length: 40 }, () => call) };
  });
  const { page } = opened;
  await page.getByRole('link', { name: 'a.sys' }).click();
  const shown = (): Promise<number> => page.locator('.places li:visible').count();
  t.is(await shown(), 8);
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  t.is(await shown(), 40);
  await page.evaluate("dispatchEvent(new Event('afterprint'))");
  t.is(await shown(), 8);
  return opened;
});

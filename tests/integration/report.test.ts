/** The HTML report in a real Chromium: what a reader sees, with mouse, keyboard and screen reader, and on paper. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { rules } from '../../fixer/rules/catalogue.js';
import { closeBrowser, type Opened, openPage, type View } from '../support/browser.js';
import { folderWith, run } from '../support/command.js';
import { inBrowser, names, until } from '../support/report-page.js';

test.after.always(closeBrowser);

const SAMPLES = {
  'clean.sys': 'clean',
  'clean32.sys': ['clean', 'x86'],
  'iat.sys': 'iat-in-text',
  'init.sys': 'init-rwx',
  'low.sys': 'low-alignment',
  'nx.sys': 'no-nx',
  'straddle.sys': 'straddling-relocations',
  'wx.sys': 'writable-code',
} as const;

async function open(t: ExecutionContext, view: View = {}, more: readonly string[] = []): Promise<Opened> {
  const { folder, at } = folderWith(t, SAMPLES);
  await run(['report', '.', '-o', 'r.html', ...more], { cwd: folder });
  return openPage(t, at('r.html'), view);
}

inBrowser('totals, filters, search and sorting', async (t) => {
  const opened = await open(t);
  const { page } = opened;
  // Three are refused at load; wx.sys loads, and stores into its own code.
  t.is(await page.locator('h1').innerText(), '4 of 8 images fail with memory integrity on');
  t.is((await names(page)).length, 8);
  const refused = page.getByRole('button', { name: /^Refused\s*3$/ });
  await refused.click();
  t.is(await refused.getAttribute('aria-pressed'), 'true');
  t.deepEqual(await names(page), ['iat.sys', 'low.sys', 'straddle.sys']);
  await page.getByRole('button', { name: /^HVCI3001/ }).click();
  t.deepEqual(await names(page), ['straddle.sys']);
  t.is(await page.getByRole('status').innerText(), '1 of 8 images');
  await page.getByRole('button', { name: 'Clear all' }).click();
  await page.getByRole('searchbox').fill('x86 .SYS');
  await until(page, "document.querySelectorAll('.drivers .file').length === 1");
  t.deepEqual(await names(page), ['clean32.sys']);
  await page.getByRole('searchbox').fill('no such driver');
  await page.getByText('No driver fits.').waitFor();
  await page.getByRole('searchbox').fill('');
  await until(page, "document.querySelectorAll('.drivers .file').length === 8");
  const head = page.getByRole('columnheader', { name: 'Driver' });
  await head.getByRole('button').click();
  t.is(await head.getAttribute('aria-sort'), 'ascending');
  t.deepEqual(await names(page), Object.keys(SAMPLES).sort());
  // In the middle of the cell, beside the word.
  await head.click();
  t.is(await head.getAttribute('aria-sort'), 'descending');
  t.deepEqual(await names(page), Object.keys(SAMPLES).sort().reverse());
  t.is(await page.locator('[aria-sort]').count(), 1);
  return opened;
});

for (const width of [1280, 390])
  inBrowser(`every rule that found something shows, ${width} wide`, async (t) => {
    const { at, folder } = folderWith(t);
    const findings = rules.map(({ meta: { code } }) => ({ code, severity: 'error', effect: 'hygiene' }));
    writeFileSync(at('a.ndjson'), JSON.stringify({ type: 'image', path: 'a.sys', status: 'findings', findings }));
    await run(['report', 'a.ndjson', '-o', 'r.html'], { cwd: folder });
    const opened = await openPage(t, at('r.html'), { width });
    const list = "document.querySelector('.rules .counts')";
    t.is(await opened.page.locator('.rules .counts li').count(), rules.length);
    t.true(await opened.page.evaluate<boolean>(`${list}.scrollHeight <= ${list}.clientHeight`));
    return opened;
  });

inBrowser('on paper, A4 upright: machine, both verdicts and findings have a column that holds them', async (t) => {
  const opened = await open(t, { width: 688 });
  const { page } = opened;
  await page.emulateMedia({ media: 'print' });
  for (const name of ['Arch', 'Windows', 'Verifier', 'Findings'])
    t.true(await page.getByRole('columnheader', { name, includeHidden: true }).isVisible(), name);
  const cut = "[...document.querySelectorAll('.drivers tbody :is(.arch, .load, .verifier)')]";
  t.true(await page.evaluate<boolean>(`${cut}.every((cell) => cell.scrollWidth <= cell.clientWidth + 1)`));
  return opened;
});

inBrowser('the keyboard alone: search, rows, open, next, back', async (t) => {
  const opened = await open(t);
  const { page } = opened;
  const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent');
  await page.keyboard.press('/');
  await page.keyboard.type('sys');
  await page.keyboard.press('Escape');
  t.is(await page.getByRole('searchbox').inputValue(), '');
  await page.keyboard.press('ArrowDown');
  t.is(await focused(), 'iat.sys');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  t.is(await focused(), 'straddle.sys');
  await page.keyboard.press('End');
  const last = await focused();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowUp');
  t.is(await focused(), 'iat.sys');
  t.not(last, 'iat.sys');
  // One stop for Tab, wherever in the table the reader is.
  t.is(await page.locator('.drivers tbody a[tabindex="0"]').count(), 1);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'iat.sys' }).waitFor();
  t.is(await focused(), 'iat.sys');
  t.is(await page.title(), 'iat.sys · Memory integrity report');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('heading', { level: 1, name: 'low.sys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.drivers').waitFor();
  t.is(await focused(), 'low.sys');
  return opened;
});

for (const view of [{}, { dark: true }, { width: 800 }, { width: 480, dark: true }] as const) {
  inBrowser(`axe finds nothing: ${JSON.stringify(view)}`, async (t) => {
    const opened = await open(t, view, ['--code']);
    const { page } = opened;
    t.deepEqual(await violations(page), []);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Page map' }).waitFor();
    t.deepEqual(await violations(page), []);
    return opened;
  });
}

inBrowser('light and dark: as the system has it, and as the reader says', async (t) => {
  const opened = await open(t, { dark: true });
  const { page } = opened;
  const ground = (): Promise<string> =>
    page.evaluate<string>("getComputedStyle(document.querySelector('.panel')).backgroundColor");
  const dark = await ground();
  await page.getByRole('button', { name: 'Use light colours' }).click();
  const light = await ground();
  t.not(dark, light);
  await page.reload();
  t.is(await ground(), light);
  return opened;
});

inBrowser(
  'thousands of drivers: only the rows near the window exist, every one is reachable, and all are printed',
  async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    const { stdout } = await run(['check', 'a.sys', '--format', 'ndjson', '--page-map'], { cwd: folder });
    const [line, summary] = stdout.trim().split('\n');
    const lines = Array.from({ length: 5000 }, (_, index) =>
      line!.replace('"a.sys"', `"d${String(index).padStart(4, '0')}.sys"`),
    );
    writeFileSync(at('pc.ndjson'), `${[...lines, summary].join('\n')}\n`);
    await run(['report', 'pc.ndjson', '-o', 'r.html'], { cwd: folder });
    const opened = await openPage(t, at('r.html'));
    const { page } = opened;
    t.is(await page.locator('.drivers').getAttribute('aria-rowcount'), '5001');
    t.true((await names(page)).length < 120);
    await page.evaluate('scrollTo(0, document.body.scrollHeight / 2)');
    await until(page, "document.querySelector('.drivers .file').textContent > 'd2000'");
    t.true((await names(page)).length < 120);
    const middle = page.locator('.drivers tr[data-at="2500"]');
    t.is(await middle.getAttribute('aria-rowindex'), '2502');
    t.is(await middle.locator('.file').innerText(), 'd2500.sys');
    await middle.click();
    await page.getByRole('heading', { level: 1, name: 'd2500.sys' }).waitFor();
    await page.keyboard.press('Escape');
    await until(page, "document.activeElement.textContent === 'd2500.sys'");
    await page.keyboard.press('End');
    await until(page, "document.activeElement.textContent === 'd4999.sys'");
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    t.is((await names(page)).length, 5000);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    t.true((await names(page)).length < 120);
    return opened;
  },
);

/** Each would run, break out, reorder or hide, if the page let it. Windows file names could not even hold them. */
const HOSTILE = [
  '</script><script>window.ran = 1</script>',
  '<img src=x onerror="window.ran = 2">',
  '<!--<script>window.ran = 3',
  'javascript:window.ran=4//\'"`',
  '\u202egnp.sys',
  'a\u2028b\u2029c',
  'nul\0byte\x1b[31m',
  '\ud800',
  '{{constructor}}$\u007bwindow.ran = 5}',
];

inBrowser('hostile names are text, wherever they come from', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const { stdout } = await run(['check', 'a.sys', '--format', 'ndjson', '--page-map'], { cwd: folder });
  const image = JSON.parse(stdout.split('\n')[0]!);
  const lines = HOSTILE.map((name, size) => {
    const finding = { ...image.findings[0], section: name, symbol: name, message: name, hint: name, field: name, name };
    const sections = image.pageMap.sections.map((section: object) => ({ ...section, name }));
    const edits = image.pageMap.edits.map((edit: object) => ({
      ...edit,
      field: name,
      section: name,
      cause: name,
      before: name,
      after: name,
      description: name,
    }));
    const refusals = [{ code: name, section: name, message: name }];
    return JSON.stringify({
      ...image,
      size,
      path: name,
      findings: [finding, { ...finding, code: 'HVCI9999' }],
      machines: [name],
      undetermined: [{ code: 'HVCI2005', reason: name }],
      coverage: { notes: [name] },
      error: { message: name },
      pageMap: { ...image.pageMap, sections, edits, refusals },
    });
  });
  mkdirSync(at('<b>'));
  writeFileSync(at('<b>/<script>window.ran = 6<!--.ndjson'), `${lines.join('\n')}\n`);
  // Section names of a real header: 8 bytes each.
  const bytes = readFileSync(at('a.sys'));
  const table = bytes.readUInt32LE(0x3c) + 24 + bytes.readUInt16LE(bytes.readUInt32LE(0x3c) + 20);
  for (const [index, name] of ['</script', '<script>', '<!--', '\x1b[31m\x9b', '"><img '].entries())
    bytes.write(name.padEnd(8, '\0'), table + 40 * index, 'latin1');
  writeFileSync(at('<b>/\u202egnp.sys'), bytes);
  await run(['report', '.', '<b>/<script>window.ran = 6<!--.ndjson', '-o', 'r.html'], { cwd: folder });
  const opened = await openPage(t, at('r.html'));
  const { page } = opened;
  const count = await page.locator('.drivers tbody .file').count();
  t.is(count, HOSTILE.length + 2);
  for (let index = 0; index < count; index++) {
    await page.evaluate(`location.hash = 'driver=${index}'`);
    await until(page, `document.querySelectorAll('.driver-view h1').length === 1`);
    const text = (await page.locator('.detail').textContent()) ?? '';
    // The driver in the folder `<b>` has a section of that name in its header.
    if (index === 0) t.true(text.includes('</script'), text);
    t.notRegex(text, /[\u202e\u2028\u2029\0\x9b]/);
  }
  await page.evaluate("location.hash = ''");
  await page.locator('.drivers').waitFor();
  t.true((await page.locator('.drivers').innerText()).includes('</script><script>window.ran = 1</'));
  t.true((await page.locator('.drivers').innerText()).includes('\\u{202e}gnp.sys'));
  t.is(await page.evaluate('window.ran'), undefined);
  t.is(await page.locator('img, iframe, object').count(), 0);
  return opened;
});

/** axe-core's own rules, the best-practice ones included. */
async function violations(page: Page): Promise<string[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(`${source}; undefined`);
  const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes })))',
  );
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
  );
}

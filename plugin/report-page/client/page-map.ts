/** The page map: a real table whose rows are runs of pages, drawn and in words, as they are and as the plan leaves them. */
import { isGap, letters, PAGE_SIZE, type PageRun, pageRuns } from '../page-runs.js';
import { cells, type Scale, sample, shade } from './cells.js';
import { counted, grouped, h, hex } from './dom.js';
import { CALL, codesOf, IAT, type Marks, marksOf, markWords, STRADDLE } from './marks.js';
import type { Driver, ReportData } from './report.js';

const MOST_CELLS = 2048;
/** Runs without a row of their own: a forged table can have hundreds. */
const MOST_ROWS = 96;

export function pageMap(driver: Driver, report: ReportData): HTMLElement {
  const { map } = driver;
  if (map === undefined) {
    return h(
      'p',
      { class: 'empty' },
      driver.load === 'unreadable'
        ? 'There is no map of a file that could not be parsed.'
        : 'The results hold no page map. On the machine that checks: hvci-fix check --format ndjson --page-map.',
    );
  }
  const runs = pageRuns(map);
  const marks = marksOf(driver, report);
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  const unit = Math.max(1, Math.ceil(total / MOST_CELLS));
  const planned = runs.some((run) => run.now !== run.planned);
  const shown = runs.length <= MOST_ROWS ? runs : runs.slice(0, MOST_ROWS);
  const scale: Scale = { perLine: lineLength(planned), unit };
  const heads = planned ? ['Now', 'After the fix'] : ['Pages'];
  const table = h(
    'table',
    { class: `map${planned ? ' planned' : ''}` },
    h('caption', { class: 'visually-hidden' }, `Pages of ${driver.name} and their protection`),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, 'Owner'),
        h('th', { scope: 'col', class: 'number' }, 'rva'),
        h('th', { scope: 'col', class: 'number' }, 'Pages'),
        ...heads.map((text) => h('th', { scope: 'col' }, text === 'Pages' ? 'Protection' : text)),
        h('th', { scope: 'col' }, 'Marks'),
      ),
    ),
    h('tbody', {}, ...shown.map((run) => row(run, driver, report, marks, scale, planned))),
  );
  return h(
    'div',
    { class: 'map-box' },
    summary(runs, total, unit, map.alignment),
    legend(),
    h('div', { class: 'map-scroll', tabindex: 0, role: 'region', 'aria-label': 'Page map' }, table),
    runs.length > shown.length &&
      h('p', { class: 'dim' }, `and ${counted(runs.length - shown.length, 'more run')} of pages`),
  );
}

/** Squares in a line, so that a line is a round number of bytes: 64 are 256 KiB. */
function lineLength(planned: boolean): number {
  const width = document.documentElement.clientWidth;
  if (planned) return width >= 1240 ? 16 : width >= 1000 ? 12 : 6;
  return width >= 1240 ? 32 : width >= 1000 ? 24 : 16;
}

function summary(runs: readonly PageRun[], total: number, unit: number, alignment: number): HTMLElement {
  const alarm = runs.reduce((sum, run) => sum + (shade(run.now, isGap(run)) === 'rwx' ? run.count : 0), 0);
  const later = runs.reduce((sum, run) => sum + (shade(run.planned, isGap(run)) === 'rwx' ? run.count : 0), 0);
  const parts = [`${counted(total, 'page')} of 4 KiB`];
  if (alarm > 0) parts.push(`${grouped(alarm)} writable and executable`);
  if (later !== alarm) parts.push(`${grouped(later)} after the fix`);
  if (unit > 1) parts.push(`a square stands for ${unit} pages`);
  const low = alignment < PAGE_SIZE;
  return h(
    'p',
    { class: 'map-summary' },
    `${parts.join(', ')}.`,
    low &&
      ` SectionAlignment is ${hex(alignment)}: Windows maps the image as one piece, every page writable and executable.`,
  );
}

function row(
  run: PageRun,
  driver: Driver,
  report: ReportData,
  marks: Marks,
  scale: Scale,
  planned: boolean,
): HTMLTableRowElement {
  const gap = isGap(run);
  const words = markWords(run, driver, marks);
  const codes = codesOf(run, driver, report);
  const names = run.sections.map((section) => driver.map?.sections[section]?.[0] || '(no name)');
  const first = names.slice(0, 3).join(' + ');
  const owner = gap ? 'unmapped' : [run.headers ? 'headers' : '', first].filter(Boolean).join(' + ');
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const drawing = (protection: number): HTMLTableCellElement =>
    h(
      'td',
      { class: 'drawing' },
      h('span', { class: `letters ${shade(protection, gap)}` }, gap ? '---' : letters(protection)),
      cells(run, protection, gap, marks, scale),
    );
  return h(
    'tr',
    { class: codes.length > 0 ? 'offending' : undefined },
    h(
      'th',
      { scope: 'row', class: gap || run.headers ? 'owner dim' : 'owner', title: owner + more },
      h('span', { class: 'name' }, owner + more),
      run.discardable && h('span', { class: 'note' }, 'discardable'),
    ),
    h('td', { class: 'number mono' }, hex(run.first * PAGE_SIZE)),
    h('td', { class: 'number' }, grouped(run.count)),
    drawing(run.now),
    planned && drawing(run.planned),
    h('td', { class: 'marks' }, ...codes.map((code) => h('span', { class: 'code' }, code)), words.join(', ')),
  );
}

function legend(): HTMLElement {
  const entry = (kind: string, text: string, mark = 0): HTMLElement => h('li', {}, sample(kind, mark), text);
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'Legend' },
    entry('r headers', 'headers'),
    entry('r', 'R'),
    entry('rx', 'RX'),
    entry('rw', 'RW'),
    entry('rwx', 'RWX'),
    entry('rx discardable', 'discardable'),
    entry('gap', 'unmapped'),
    entry('r', 'import address table', IAT),
    entry('r', 'straddling relocation', STRADDLE),
    entry('rx', 'call site', CALL),
  );
}

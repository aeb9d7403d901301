/** The page map: a real table whose rows are runs of pages, drawn and in words, as they are and as the plan leaves them. */
import { isExecuteWrite, isGap, letters, PAGE_SIZE, type PageRun, pageRuns } from '../page-runs.js';
import { cells, type Scale, sample, shade } from './cells.js';
import { counted, grouped, h, hex } from './dom.js';
import { CALL, codesOf, IAT, type Marks, marksOf, markWords, STRADDLE } from './marks.js';
import type { Driver, ReportData } from './report.js';

const MOST_CELLS = 2048;
/** Runs without a row of their own: a forged table can have hundreds. */
const MOST_ROWS = 96;

/** `paper`: for a sheet's width, whatever the window's. */
export function pageMap(driver: Driver, report: ReportData, paper: boolean): HTMLElement {
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
  const marks = marksOf(driver);
  const mapped = runs.reduce((sum, run) => sum + (isGap(run) ? 0 : run.count), 0);
  const unit = Math.max(1, Math.ceil(mapped / MOST_CELLS));
  const planned = runs.some((run) => run.now !== run.planned);
  const shown = runs.length <= MOST_ROWS ? runs : runs.slice(0, MOST_ROWS);
  const scale: Scale = { perLine: lineLength(planned, paper), unit };
  const heads = planned ? ['Now', 'After the fix'] : ['Protection'];
  // Roles are said again: the style of narrow windows takes them from a table.
  const table = h(
    'table',
    { class: `map${planned ? ' planned' : ''}`, role: 'table' },
    h('caption', { class: 'visually-hidden' }, `Pages of ${driver.name} and their protection`),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        ...['Owner', 'rva', 'Pages', ...heads, 'Marks'].map((text) =>
          h(
            'th',
            { scope: 'col', role: 'columnheader', class: text === 'rva' || text === 'Pages' ? 'number' : undefined },
            text,
          ),
        ),
      ),
    ),
    h('tbody', { role: 'rowgroup' }, ...shown.map((run) => row(run, driver, report, marks, scale, heads))),
  );
  return h(
    'div',
    { class: 'map-box' },
    summary(runs, unit, driver),
    legend(),
    h('div', { class: 'map-scroll', tabindex: 0, role: 'region', 'aria-label': 'Page map' }, table),
    runs.length > shown.length &&
      h('p', { class: 'dim' }, `and ${counted(runs.length - shown.length, 'more run')} of pages`),
  );
}

/** Squares in a line: as many as the column has room for. */
function lineLength(planned: boolean, paper: boolean): number {
  if (paper) return planned ? 8 : 20;
  const width = document.documentElement.clientWidth;
  if (width <= 700) return 10; // one drawing below the other, see media.css
  if (planned) return width >= 1240 ? 16 : width >= 1000 ? 12 : 6;
  return width >= 1240 ? 32 : width >= 1000 ? 24 : 16;
}

function summary(runs: readonly PageRun[], unit: number, { map }: Driver): HTMLElement {
  const pages = (fits: (run: PageRun) => boolean): number =>
    runs.reduce((sum, run) => sum + (fits(run) ? run.count : 0), 0);
  const { alignment = PAGE_SIZE, moreSections = 0, sections = [] } = map ?? {};
  const alarm = pages((run) => isExecuteWrite(run.now));
  const later = pages((run) => isExecuteWrite(run.planned));
  const unmapped = pages(isGap);
  const parts = [
    `${counted(
      pages(() => true),
      'page',
    )} of 4 KiB`,
  ];
  if (unmapped > 0) parts.push(`${grouped(unmapped)} unmapped${moreSections > 0 ? ' or not drawn' : ''}`);
  if (alarm > 0) parts.push(`${grouped(alarm)} writable and executable`);
  if (later !== alarm) parts.push(`${later === 0 ? 'none' : grouped(later)} after the fix`);
  if (unit > 1) parts.push(`a square stands for ${unit} pages`);
  return h(
    'p',
    { class: 'map-summary' },
    `${parts.join(', ')}.`,
    moreSections > 0 &&
      ` Only the first ${grouped(sections.length)} of ${grouped(sections.length + moreSections)} sections are drawn: Windows loads no image with so many.`,
    alignment < PAGE_SIZE &&
      ` SectionAlignment is ${hex(alignment)}: Windows maps the image as one piece, every page writable and executable.`,
  );
}

function row(
  run: PageRun,
  driver: Driver,
  report: ReportData,
  marks: Marks,
  scale: Scale,
  heads: readonly string[],
): HTMLTableRowElement {
  const gap = isGap(run);
  const words = markWords(run, driver, marks);
  const codes = codesOf(run, driver, report);
  const gravest = Math.min(...codes.values(), 2);
  const names = run.sections.map((section) => driver.map?.sections[section]?.[0] || '(no name)');
  const first = names.slice(0, 3).join(' + ');
  const owner = gap ? 'unmapped' : [run.headers ? 'headers' : '', first].filter(Boolean).join(' + ');
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const drawing = (head: string, at: number): HTMLTableCellElement => {
    const protection = at === 0 ? run.now : run.planned;
    return h(
      'td',
      { class: 'drawing', role: 'cell', 'data-head': head },
      h('span', { class: `letters ${shade(protection, gap)}` }, gap ? '---' : letters(protection)),
      cells(run, protection, gap, marks, scale),
    );
  };
  return h(
    'tr',
    { role: 'row', class: [TONES[gravest], run.now === run.planned && 'same'].filter(Boolean).join(' ') || undefined },
    h(
      'th',
      {
        scope: 'row',
        role: 'rowheader',
        class: gap || run.headers ? 'owner dim' : 'owner',
        title: owner + more,
      },
      h('span', { class: 'name' }, owner + more),
      run.discardable && h('span', { class: 'note' }, 'discardable'),
    ),
    h('td', { class: 'number mono', role: 'cell' }, hex(run.first * PAGE_SIZE)),
    h('td', { class: 'number', role: 'cell' }, grouped(run.count)),
    ...heads.map(drawing),
    h(
      'td',
      { class: 'marks', role: 'cell' },
      h(
        'span',
        { class: 'marks-box' },
        ...[...codes].map(([code, severity]) => h('span', { class: `code s${severity}` }, code)),
        words.length > 0 && h('span', {}, words.join(', ')),
      ),
    ),
  );
}

/** Of the row, by its gravest finding: information leaves it as it is. */
const TONES: readonly (string | undefined)[] = ['offending bad', 'offending warn'];

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

/** The table of drivers. Only the rows near the window exist, so that 2,000 drivers, or 50,000, scroll alike. */
import { isGap, pageRuns } from '../page-runs.js';
import { strip } from './cells.js';
import { counted, grouped, h } from './dom.js';
import type { Sort, SortKey } from './filter.js';
import { type Driver, LOAD, type ReportData, ruleAt, rulesOf, VERIFIER, type Wording } from './report.js';

const ROW = 44;
/** Rows above and below the window; they come and go in steps of half as many. */
const SPARE = 24;
const STRIP_WIDTH = 112;
const MOST_CODES = 3;

interface Column {
  readonly key: SortKey | null;
  readonly label: string;
  readonly name: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'name', label: 'Driver', name: 'driver' },
  { key: 'arch', label: 'Arch', name: 'arch' },
  { key: 'load', label: 'Windows', name: 'load' },
  { key: 'verifier', label: 'Verifier', name: 'verifier' },
  { key: 'findings', label: 'Findings', name: 'findings' },
  { key: null, label: 'Pages', name: 'pages' },
  { key: 'size', label: 'Size', name: 'size number' },
];
const HOSTS: Column = { key: 'hosts', label: 'On', name: 'hosts number' };

export class DriverList {
  readonly element: HTMLTableElement;
  readonly #report: ReportData;
  readonly #columns: readonly Column[];
  readonly #body = h('tbody');
  readonly #above = spacer();
  readonly #below = spacer();
  readonly #headers = new Map<SortKey, HTMLTableCellElement>();
  readonly #rows = new Map<number, HTMLTableRowElement>();
  #drivers: readonly Driver[] = [];
  #active = 0;
  #from = 0;
  #to = 0;
  #whole = false;

  constructor(report: ReportData, onSort: (key: SortKey) => void) {
    this.#report = report;
    this.#columns = report.hosts.length > 0 ? [...COLUMNS, HOSTS] : COLUMNS;
    const heads = this.#columns.map((column) => this.#head(column, onSort));
    this.element = h(
      'table',
      { class: 'drivers' },
      h('caption', { class: 'visually-hidden' }, 'Drivers'),
      h('colgroup', {}, ...this.#columns.map(({ name }) => h('col', { class: name }))),
      h('thead', {}, h('tr', { 'aria-rowindex': 1 }, ...heads)),
      this.#body,
    );
    this.#body.append(this.#above, this.#below);
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.#body.addEventListener('focusin', ({ target }) => {
      const at = Number((target as Element).closest('tr')?.dataset['at']);
      if (Number.isInteger(at)) this.#activate(at);
    });
    this.#body.addEventListener('click', (event) => {
      const row = (event.target as Element).closest('tr');
      if (row !== null && !(event.target as Element).closest('a')) row.querySelector('a')?.click();
    });
    let queued = false;
    const update = (): void => {
      if (queued) return;
      queued = true;
      requestAnimationFrame(() => {
        queued = false;
        this.#draw(false);
      });
    };
    addEventListener('scroll', update, { passive: true });
    addEventListener('resize', update);
  }

  show(drivers: readonly Driver[], sort: Sort): void {
    this.#drivers = drivers;
    this.#active = 0;
    this.element.setAttribute('aria-rowcount', String(drivers.length + 1));
    for (const [key, head] of this.#headers) {
      if (key === sort.key) head.setAttribute('aria-sort', sort.descending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    this.#draw(true);
  }

  /** Every row, for paper; and back. */
  whole(all: boolean): void {
    this.#whole = all;
    this.#draw(true);
  }

  /** Puts the focus on a driver's row, if it is shown. */
  focus(index: number): void {
    const at = this.#drivers.findIndex((driver) => driver.index === index);
    this.#go(Math.max(at, 0));
  }

  /** The drivers before and after one, in the order of the table. */
  neighbours(index: number): readonly [Driver | undefined, Driver | undefined] {
    const at = this.#drivers.findIndex((driver) => driver.index === index);
    return at < 0 ? [undefined, undefined] : [this.#drivers[at - 1], this.#drivers[at + 1]];
  }

  #head({ key, label, name }: Column, onSort: (key: SortKey) => void): HTMLTableCellElement {
    if (key === null) return h('th', { scope: 'col', class: name }, label);
    const button = h('button', { type: 'button' }, label, h('span', { class: 'arrow', 'aria-hidden': 'true' }));
    button.addEventListener('click', () => onSort(key));
    const head = h('th', { scope: 'col', class: name }, button);
    this.#headers.set(key, head);
    return head;
  }

  #draw(anew: boolean): void {
    if (!this.element.isConnected || this.element.closest('[hidden]') !== null) return;
    const count = this.#drivers.length;
    const top = this.#body.getBoundingClientRect().top;
    const step = SPARE / 2;
    const first = Math.floor(-top / ROW / step) * step - SPARE;
    const last = first + Math.ceil(innerHeight / ROW / step) * step + 2 * SPARE + step;
    const from = this.#whole ? 0 : Math.min(Math.max(first, 0), count);
    const to = this.#whole ? count : Math.max(Math.min(last, count), from);
    if (!anew && from === this.#from && to === this.#to) return;
    for (const [at, row] of this.#rows) {
      if (!anew && at >= from && at < to) continue;
      row.remove();
      this.#rows.delete(at);
    }
    this.#from = from;
    this.#to = to;
    let before: Element = this.#above;
    for (let at = from; at < to; at++) {
      let row = this.#rows.get(at);
      if (row === undefined) {
        row = this.#row(this.#drivers[at] as Driver, at);
        this.#rows.set(at, row);
        before.after(row);
      }
      before = row;
    }
    size(this.#above, from);
    size(this.#below, count - to);
  }

  #row(driver: Driver, at: number): HTMLTableRowElement {
    const { name, folder, arch, index } = driver;
    const path = h(
      'a',
      { href: `#driver=${index}`, tabindex: at === this.#active ? 0 : -1, title: driver.path },
      h('span', { class: 'file' }, name),
    );
    const cells = [
      h('th', { scope: 'row', class: 'driver' }, path, folder !== '' && h('span', { class: 'folder' }, folder)),
      h('td', { class: 'arch' }, arch === 'unknown' ? '–' : arch),
      h('td', { class: 'load' }, badge(LOAD[driver.load])),
      h('td', { class: 'verifier' }, badge(VERIFIER[driver.verifier])),
      h('td', { class: 'findings' }, ...this.#findings(driver)),
      h('td', { class: 'pages' }, pagesCell(driver)),
      h('td', { class: 'size number' }, grouped(driver.size)),
    ];
    if (this.#report.hosts.length > 0) cells.push(h('td', { class: 'hosts number' }, this.#on(driver)));
    return h('tr', { 'aria-rowindex': at + 2, 'data-at': at }, ...cells);
  }

  #on({ hosts = [] }: Driver): HTMLElement {
    const names = hosts.map((host) => this.#report.hosts[host] ?? '');
    return h('span', { title: names.slice(0, 20).join(', ') }, counted(hosts.length, 'machine'));
  }

  #findings(driver: Driver): HTMLElement[] {
    const rules = rulesOf(driver);
    const codes = rules.slice(0, MOST_CODES).map((rule) => {
      const { code, name } = ruleAt(this.#report, rule);
      const severity = Math.min(...driver.findings.filter((finding) => finding.rule === rule).map((f) => f.severity));
      return h('span', { class: `code s${severity}`, title: `${code} ${name}` }, code.replace('HVCI', ''));
    });
    if (rules.length > MOST_CODES) codes.push(h('span', { class: 'code' }, `+${rules.length - MOST_CODES}`));
    return codes;
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(innerHeight / ROW) - 4);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const ends: Record<string, number> = { Home: 0, End: this.#drivers.length - 1 };
    if (event.altKey || event.ctrlKey || event.metaKey || (event.target as Element).closest('thead')) return;
    const to = steps[event.key] === undefined ? ends[event.key] : this.#active + (steps[event.key] as number);
    if (to === undefined) return;
    event.preventDefault();
    this.#go(to);
  }

  #go(wanted: number): void {
    if (this.#drivers.length === 0) return;
    const at = Math.min(Math.max(wanted, 0), this.#drivers.length - 1);
    const sticky = (this.element.tHead as HTMLElement).getBoundingClientRect().bottom;
    const top = this.#body.getBoundingClientRect().top + at * ROW;
    if (top < Math.max(sticky, 0)) scrollBy(0, top - Math.max(sticky, 0) - ROW);
    else if (top + ROW > innerHeight) scrollBy(0, top + 2 * ROW - innerHeight);
    this.#draw(false);
    this.#activate(at);
    this.#rows.get(at)?.querySelector('a')?.focus({ preventScroll: true });
  }

  #activate(at: number): void {
    this.#rows.get(this.#active)?.querySelector('a')?.setAttribute('tabindex', '-1');
    this.#active = at;
    this.#rows.get(at)?.querySelector('a')?.setAttribute('tabindex', '0');
  }
}

export const badge = ({ label, meaning, tone }: Wording): HTMLElement =>
  h('span', { class: `badge ${tone}`, title: meaning }, label);

function pagesCell({ map }: Driver): HTMLElement | string {
  if (map === undefined) return '';
  const runs = pageRuns(map);
  const total = runs.reduce((sum, run) => sum + (isGap(run) ? 0 : run.count), 0);
  return h('span', { class: 'strip-box' }, strip(runs, STRIP_WIDTH), h('span', { class: 'count' }, grouped(total)));
}

const spacer = (): HTMLTableRowElement => h('tr', { class: 'spacer', 'aria-hidden': 'true' }, h('td'));

function size(row: HTMLTableRowElement, rows: number): void {
  row.hidden = rows === 0;
  (row.firstElementChild as HTMLElement).style.height = `${rows * ROW}px`;
}

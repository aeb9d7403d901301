/** Starts the page: two views, the list of drivers and one driver, told apart by the address's fragment. */
import { patterns } from './cells.js';
import { h } from './dom.js';
import { driverView } from './driver-view.js';
import { everything, type Filter, type Sort, type SortKey, select } from './filter.js';
import { DriverList } from './list.js';
import { overview } from './overview.js';
import { type Driver, readData } from './report.js';
import { themeButton } from './theme.js';
import { toolbar } from './toolbar.js';

const report = readData();
let filter: Filter = everything();
let sort: Sort = { key: 'load', descending: false };
let open: Driver | null = null;
let scrolled = 0;

const change = (part: Partial<Filter>): void => {
  filter = { ...filter, ...part };
  refresh();
};
const list = new DriverList(report, (key: SortKey) => {
  sort = { key, descending: sort.key === key ? !sort.descending : false };
  refresh();
});
const top = overview(report, change);
const bar = toolbar(report, change);
const nothing = h('p', { class: 'empty nothing', hidden: true }, 'No driver fits. Esc in the search field clears it.');
const listView = h(
  'div',
  { class: 'list-view' },
  top.element,
  h('section', { 'aria-label': 'Drivers' }, bar.element, list.element, nothing),
);
const detail = h('div', { class: 'detail', hidden: true });

function refresh(): void {
  const drivers = select(report, filter, sort);
  list.show(drivers, sort);
  top.update(filter);
  bar.update(filter, drivers.length);
  nothing.hidden = drivers.length > 0 || report.drivers.length === 0;
}

function route(): void {
  const wanted = report.drivers[Number(/^#driver=(\d+)$/.exec(location.hash)?.[1] ?? Number.NaN)];
  const last = open;
  if (wanted !== undefined && last === null) scrolled = scrollY;
  open = wanted ?? null;
  listView.hidden = open !== null;
  detail.hidden = open === null;
  if (open !== null) {
    showDriver(open);
    scrollTo(0, 0);
    detail.querySelector('h1')?.focus({ preventScroll: true });
  } else if (last !== null) {
    detail.replaceChildren();
    document.title = TITLE;
    scrollTo(0, scrolled);
    list.whole(false); // drawn again: the window may have another size now
    list.focus(last.index);
  }
}

function showDriver(driver: Driver, paper = false): void {
  document.title = `${driver.name} · ${TITLE}`;
  detail.replaceChildren(driverView(driver, report, list.neighbours(driver.index), paper));
}

/** As wide as a sheet, and with every row; and back. */
function forPaper(paper: boolean): void {
  if (open === null) list.whole(paper);
  else showDriver(open, paper);
  for (const more of detail.querySelectorAll('details')) more.open = paper;
}

function onKey(event: KeyboardEvent): void {
  const { key, target } = event;
  const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (key === '/' && !typing && open === null) {
    event.preventDefault();
    bar.search.focus();
    bar.search.select();
  } else if (key === 'Escape' && open !== null) {
    location.hash = '';
  } else if (key === 'Escape' && target === bar.search) {
    bar.search.value = '';
    change({ text: '' });
  } else if (key === 'ArrowDown' && (target === bar.search || target === document.body) && open === null) {
    event.preventDefault();
    list.focus(-1);
  } else if (open !== null && !typing && (key === 'ArrowLeft' || key === 'ArrowRight')) {
    if (target instanceof Element && target.closest('[role=region]') !== null) return;
    const next = list.neighbours(open.index)[key === 'ArrowLeft' ? 0 : 1];
    if (next !== undefined) location.replace(`#driver=${next.index}`);
  }
}

const TITLE = document.title;
document
  .getElementById('app')
  ?.replaceWith(
    patterns(),
    h(
      'header',
      { class: 'masthead' },
      h(
        'a',
        { href: '#', class: 'brand' },
        h('span', { class: 'mark-logo', 'aria-hidden': 'true' }),
        'Memory integrity report',
      ),
      themeButton(),
    ),
    h('main', {}, listView, detail),
    h(
      'footer',
      {},
      h(
        'p',
        {},
        h('kbd', {}, '/'),
        ' search  ',
        h('kbd', {}, '↑'),
        ' ',
        h('kbd', {}, '↓'),
        ' rows  ',
        h('kbd', {}, 'Enter'),
        ' open  ',
        h('kbd', {}, 'Esc'),
        ' back',
      ),
    ),
  );
refresh();
route();
addEventListener('hashchange', route);
addEventListener('keydown', onKey);
addEventListener('beforeprint', () => forPaper(true));
addEventListener('afterprint', () => forPaper(false));
let wide = document.documentElement.clientWidth;
addEventListener('resize', () => {
  const now = document.documentElement.clientWidth;
  if (now !== wide && open !== null) showDriver(open);
  wide = now;
});

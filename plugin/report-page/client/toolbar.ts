/** Search and choices above the table, and how much of the report they leave. */
import { counted, grouped, h } from './dom.js';
import { everything, type Filter } from './filter.js';
import { LOAD, type ReportData, ruleAt, VERIFIER } from './report.js';

type Change = (change: Partial<Filter>) => void;

export interface Toolbar {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  update(filter: Filter, shown: number): void;
}

export function toolbar(report: ReportData, change: Change): Toolbar {
  const search = h('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Name, path, section, rule',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-keyshortcuts': '/',
  });
  let timer = 0;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => change({ text: search.value }), report.drivers.length > 5000 ? 150 : 30);
  });
  const archs = [...new Set(report.drivers.map(({ arch }) => arch))].sort();
  const arch = choice('Architecture', 'any architecture', archs, (at) =>
    change({ arch: at < 0 ? null : (archs[at] ?? null) }),
  );
  const host = choice('Found on', 'all machines', report.hosts, (at) => change({ host: at < 0 ? null : at }));
  const chips = h('div', { class: 'chips' });
  const count = h('p', { class: 'shown', role: 'status' });
  const element = h(
    'div',
    { class: 'toolbar', role: 'search' },
    h(
      'div',
      { class: 'search' },
      h('label', { for: 'search', class: 'visually-hidden' }, 'Search drivers'),
      search,
      h('kbd', { 'aria-hidden': 'true' }, '/'),
    ),
    archs.length > 1 && arch.element,
    report.hosts.length > 1 && host.element,
    chips,
    count,
  );
  return {
    element,
    search,
    update(filter, shown) {
      if (search.value !== filter.text && document.activeElement !== search) search.value = filter.text;
      arch.select(filter.arch === null ? -1 : archs.indexOf(filter.arch));
      host.select(filter.host ?? -1);
      chips.replaceChildren(...chipsFor(report, filter, change));
      const all = report.drivers.length;
      count.textContent = shown === all ? counted(all, 'image') : `${grouped(shown)} of ${counted(all, 'image')}`;
    },
  };
}

function choice(
  label: string,
  all: string,
  names: readonly string[],
  chosen: (at: number) => void,
): { readonly element: HTMLElement; select(at: number): void } {
  const list = h('select', { 'aria-label': label }, h('option', { value: -1 }, all));
  for (const [at, name] of names.entries()) list.append(h('option', { value: at }, name));
  list.addEventListener('change', () => chosen(Number(list.value)));
  return {
    element: h('span', { class: 'select' }, list),
    select: (at) => {
      list.value = String(at);
    },
  };
}

function chipsFor(report: ReportData, filter: Filter, change: Change): HTMLElement[] {
  const chips: HTMLElement[] = [];
  const chip = (text: string, off: Partial<Filter>): void => {
    const button = h(
      'button',
      { type: 'button', class: 'chip', 'aria-label': `Remove the filter ${text}` },
      text,
      h('span', { 'aria-hidden': 'true' }, '×'),
    );
    button.addEventListener('click', () => change(off));
    chips.push(button);
  };
  if (filter.load !== null) chip(`Windows: ${LOAD[filter.load].label}`, { load: null });
  if (filter.verifier !== null) chip(`Verifier: ${VERIFIER[filter.verifier].label}`, { verifier: null });
  if (filter.rule !== null) chip(ruleAt(report, filter.rule).code, { rule: null });
  const count = chips.length + Number(filter.text !== '') + Number(filter.arch !== null) + Number(filter.host !== null);
  if (count > 1) {
    const clear = h('button', { type: 'button', class: 'chip clear' }, 'Clear all');
    clear.addEventListener('click', () => change(everything()));
    chips.push(clear);
  }
  return chips;
}

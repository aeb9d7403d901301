/** The first thing a reader sees: how many drivers Windows would refuse, how many Driver Verifier reports, by which rule. */
import { LOAD_VERDICTS, VERIFIER_VERDICTS } from '../data.js';
import { counted, grouped, h, withCode } from './dom.js';
import type { Filter } from './filter.js';
import { headline, lede } from './headline.js';
import { LOAD, type ReportData, ruleAt, rulesOf, VERIFIER, type Wording } from './report.js';

type Change = (change: Partial<Filter>) => void;

export interface Overview {
  readonly element: HTMLElement;
  /** Shows which of the parts are chosen. */
  update(filter: Filter): void;
}

export function overview(report: ReportData, change: Change): Overview {
  const toggles: { readonly button: HTMLButtonElement; readonly isOn: (filter: Filter) => boolean }[] = [];
  const toggle = (isOn: (filter: Filter) => boolean, onOff: (on: boolean) => void, ...parts: Node[]): HTMLElement => {
    const button = h('button', { type: 'button', class: 'toggle', 'aria-pressed': 'false' }, ...parts);
    button.addEventListener('click', () => onOff(button.getAttribute('aria-pressed') !== 'true'));
    toggles.push({ button, isOn });
    return button;
  };
  const loads = tally(report, (driver) => driver.load);
  const verifiers = tally(report, (driver) => driver.verifier);
  const element = h(
    'div',
    { class: 'overview' },
    h('h1', {}, ...headline(report, loads)),
    h('p', { class: 'lede' }, ...withCode(lede(report))),
    h(
      'div',
      { class: 'panels' },
      panel(
        'Will Windows load it?',
        'with memory integrity on',
        LOAD_VERDICTS.filter((verdict) => loads.has(verdict)).map((verdict) => ({
          wording: LOAD[verdict],
          count: loads.get(verdict) ?? 0,
          wrap: (...parts) =>
            toggle(
              ({ load }) => load === verdict,
              (on) => change({ load: on ? verdict : null }),
              ...parts,
            ),
        })),
      ),
      panel(
        'Will Driver Verifier complain?',
        report.codeRead === false ? 'headers only: the calls were not looked at' : 'or the HLK test',
        VERIFIER_VERDICTS.filter((verdict) => verifiers.has(verdict)).map((verdict) => ({
          wording: VERIFIER[verdict],
          count: verifiers.get(verdict) ?? 0,
          wrap: (...parts) =>
            toggle(
              ({ verifier }) => verifier === verdict,
              (on) => change({ verifier: on ? verdict : null }),
              ...parts,
            ),
        })),
      ),
      rulesPanel(report, (rule, ...parts) =>
        toggle(
          (filter) => filter.rule === rule,
          (on) => change({ rule: on ? rule : null }),
          ...parts,
        ),
      ),
    ),
    remarks(report),
  );
  return {
    element,
    update: (filter) => {
      for (const { button, isOn } of toggles) button.setAttribute('aria-pressed', String(isOn(filter)));
    },
  };
}

function tally<T>({ drivers }: ReportData, of: (driver: ReportData['drivers'][number]) => T): Map<T, number> {
  const counts = new Map<T, number>();
  for (const driver of drivers) counts.set(of(driver), (counts.get(of(driver)) ?? 0) + 1);
  return counts;
}

interface Entry {
  readonly wording: Wording;
  readonly count: number;
  wrap(...parts: Node[]): HTMLElement;
}

function panel(title: string, note: string, entries: readonly Entry[]): HTMLElement {
  const bar = h('div', { class: 'bar', 'aria-hidden': 'true' });
  for (const { wording, count } of entries) {
    const part = h('span', { class: wording.tone });
    part.style.flexGrow = String(count);
    bar.append(part);
  }
  return h(
    'section',
    { class: 'panel' },
    h('h2', {}, title),
    h('p', { class: 'dim' }, note),
    bar,
    h(
      'ul',
      { class: 'counts' },
      ...entries.map(({ wording, count, wrap }) =>
        h(
          'li',
          {},
          wrap(
            h('span', { class: `key ${wording.tone}` }),
            h('span', { class: 'label' }, wording.label),
            h('span', { class: 'count' }, grouped(count)),
          ),
          h('p', { class: 'meaning' }, wording.meaning),
        ),
      ),
    ),
  );
}

function rulesPanel(report: ReportData, wrap: (rule: number, ...parts: Node[]) => HTMLElement): HTMLElement {
  const counts = new Map<number, number>();
  for (const driver of report.drivers)
    for (const rule of rulesOf(driver)) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const most = sorted[0]?.[1] ?? 1;
  return h(
    'section',
    { class: 'panel rules' },
    h('h2', {}, 'What is wrong?'),
    h('p', { class: 'dim' }, 'drivers with a finding, by rule'),
    sorted.length === 0 && h('p', { class: 'empty' }, 'No rule found anything.'),
    h(
      'ul',
      { class: 'counts' },
      ...sorted.map(([rule, count]) => {
        const { code, name, title } = ruleAt(report, rule);
        const fill = h('span', { class: 'fill' });
        fill.style.width = `${(count / most) * 100}%`;
        return h(
          'li',
          {},
          wrap(
            rule,
            h('span', { class: 'code' }, code),
            h('span', { class: 'label', title }, name),
            h('span', { class: 'meter', 'aria-hidden': 'true' }, fill),
            h('span', { class: 'count' }, grouped(count)),
          ),
        );
      }),
    ),
  );
}

function remarks({ remarks: lines }: ReportData): HTMLElement | null {
  if (lines.length === 0) return null;
  return h(
    'details',
    { class: 'remarks', open: lines.length <= 3 },
    h('summary', {}, `${counted(lines.length, 'remark')} on the inputs`),
    h('ul', {}, ...lines.map((line) => h('li', {}, line))),
  );
}

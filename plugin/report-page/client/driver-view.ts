/** One driver: the two verdicts, its pages, the plan byte for byte, and every finding with its place and remedy. */
import { counted, grouped, h, hex, withCode } from './dom.js';
import { findingGroups } from './findings.js';
import { badge } from './list.js';
import { pageMap } from './page-map.js';
import { type Driver, LOAD, type ReportData, VERIFIER, type Wording } from './report.js';

/** Of the name in the heading, before it is set smaller. */
const LONG_NAME = 48;

export function driverView(
  driver: Driver,
  report: ReportData,
  [before, after]: readonly [Driver | undefined, Driver | undefined],
  paper: boolean,
): HTMLElement {
  const link = (to: Driver | undefined, text: string, key: string): HTMLElement =>
    to === undefined
      ? h('span', { class: 'step off', 'aria-hidden': 'true' }, text)
      : h('a', { class: 'step', href: `#driver=${to.index}`, title: to.path, 'aria-keyshortcuts': key }, text);
  return h(
    'article',
    { class: 'driver-view' },
    h(
      'nav',
      { class: 'crumbs', 'aria-label': 'Drivers' },
      h('a', { href: '#', class: 'back', 'aria-keyshortcuts': 'Escape' }, '← All drivers'),
      h('span', { class: 'steps' }, link(before, '← Previous', 'ArrowLeft'), link(after, 'Next →', 'ArrowRight')),
    ),
    h('h1', { tabindex: -1, class: driver.name.length > LONG_NAME ? 'long' : undefined }, driver.name),
    driver.folder !== '' && h('p', { class: 'path' }, driver.path),
    facts(driver, report),
    h(
      'div',
      { class: 'verdicts' },
      verdict('Windows, memory integrity on', LOAD[driver.load]),
      verdict('Driver Verifier and HLK', VERIFIER[driver.verifier]),
    ),
    driver.error !== undefined && h('p', { class: 'error' }, driver.error),
    h('section', {}, h('h2', {}, 'Page map'), pageMap(driver, report, paper)),
    plan(driver, report),
    h('section', {}, h('h2', {}, 'Findings'), ...findingGroups(driver, report)),
    list(
      'Not decided',
      (driver.undetermined ?? []).map(({ code, reason }) => `${code}: ${report.texts[reason]}`),
    ),
    list(
      'Notes',
      (driver.notes ?? []).map((note) => report.texts[note] ?? ''),
    ),
  );
}

function facts(driver: Driver, report: ReportData): HTMLElement {
  const hosts = (driver.hosts ?? []).map((host) => report.hosts[host] ?? '');
  const entries: (readonly [string, string])[] = [
    ['Kind', report.texts[driver.kind] ?? ''],
    ['Size', counted(driver.size, 'byte')],
    ['Signature', driver.signed ? 'present, not verified' : 'none'],
  ];
  if (driver.sha256 !== undefined) entries.push(['SHA-256', driver.sha256]);
  if (hosts.length > 0) {
    const shown = hosts.slice(0, 12).join(', ');
    entries.push(['Found on', hosts.length > 12 ? `${shown} and ${grouped(hosts.length - 12)} more` : shown]);
  }
  return h(
    'dl',
    { class: 'facts' },
    ...entries.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}

const verdict = (question: string, wording: Wording): HTMLElement =>
  h(
    'div',
    { class: `verdict ${wording.tone}` },
    h('p', { class: 'question' }, question),
    h('p', { class: 'answer' }, badge(wording)),
    h('p', { class: 'dim' }, wording.meaning),
  );

function plan({ map, path }: Driver, report: ReportData): HTMLElement | null {
  if (map === undefined || map.edits.length + map.refusals.length === 0) return null;
  const rows = map.edits.map(({ offset, field, section, cause, before, after, what }) =>
    h(
      'tr',
      {},
      h('td', { class: 'mono number' }, hex(offset)),
      h('td', { class: 'mono' }, field, section !== undefined && h('span', { class: 'dim' }, ` ${section}`)),
      h('td', { class: 'mono bytes' }, h('del', {}, before), ' → ', h('ins', {}, after)),
      h('td', {}, report.texts[what]),
      h('td', {}, h('span', { class: 'code' }, cause)),
    ),
  );
  const heads = ['Offset', 'Field', 'Bytes', 'What', 'For'];
  const simple = /^[\w.:/\\+@~^=-]+$/.test(path) && !path.startsWith('-');
  return h(
    'section',
    { class: 'plan' },
    h('h2', {}, 'Planned fix'),
    h(
      'p',
      { class: 'dim' },
      'What ',
      h('code', {}, `hvci-fix fix ${simple ? path : 'PATH'}`),
      ' would write. It checks the result again before it writes.',
    ),
    rows.length > 0 &&
      h(
        'div',
        { class: 'map-scroll', tabindex: 0, role: 'region', 'aria-label': 'Planned edits' },
        h(
          'table',
          { class: 'edits' },
          h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))),
          h('tbody', {}, ...rows),
        ),
      ),
    map.refusals.length > 0 &&
      h('ul', { class: 'refusals' }, ...map.refusals.map((text) => h('li', {}, ...withCode(report.texts[text] ?? '')))),
  );
}

function list(title: string, lines: readonly string[]): HTMLElement | null {
  if (lines.length === 0) return null;
  return h(
    'section',
    {},
    h('h2', {}, title),
    h('ul', { class: 'lines' }, ...lines.map((line) => h('li', {}, ...withCode(line)))),
  );
}

/** An explained log for a person: by rule, each place once, then how to mend it. */
import { createPaint, type Paint } from '../report/ansi.js';
import { escapeForTerminal } from '../report/escape.js';
import { counted, hex } from '../report/numbers.js';
import { hang } from '../report/wrap.js';
import type { Explained, ExplainedLog } from './explained.js';
import { eventEffect, remedyOf, ruleOf, verifierCodeOf } from './meaning.js';

export interface TextOptions {
  readonly color: boolean;
  readonly width: number;
  readonly pageOf: (code: string) => string;
}

export function logText({ path, entries, notes }: ExplainedLog, options: TextOptions): string {
  const paint = createPaint(options.color);
  const width = Math.min(Math.max(options.width, 60), 110);
  const shown = path === '-' ? 'standard input' : escapeForTerminal(path);
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  const found =
    entries.length === 0
      ? 'nothing is reported: Driver Verifier ran, and its counters are zero or missing'
      : `${counted(entries.length, 'entry', 'entries')}${total === entries.length ? '' : `, ${counted(total, 'occurrence')}`}`;
  const lines = [`${paint('strong', shown)}: ${found}`];
  for (const group of byIssue(entries)) lines.push('', ...groupLines(group, options.pageOf, width, paint));
  if (notes.length > 0) lines.push('');
  for (const note of notes) lines.push(...labelled('note', escapeForTerminal(note), width, paint));
  return `${lines.join('\n')}\n`;
}

function byIssue(entries: readonly Explained[]): Explained[][] {
  const groups = new Map<string, Explained[]>();
  for (const entry of entries) groups.set(entry.issue, [...(groups.get(entry.issue) ?? []), entry]);
  return [...groups.values()];
}

function groupLines(group: readonly Explained[], pageOf: TextOptions['pageOf'], width: number, paint: Paint): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const rule = ruleOf(first.issue);
  const code = verifierCodeOf(first.issue);
  const title =
    rule === null
      ? [`${paint('bad', 'incompatible')} Windows says that the driver does not work with memory integrity`]
      : hang(
          '',
          `${paint('bad', rule.code)} ${rule.name}${code === null ? '' : ` (Driver Verifier ${code})`}: ${rule.title}`,
          width,
        );
  const lines = [...title];
  for (const entry of group) lines.push(...entryLines(entry, width, paint));
  lines.push('', paint('strong', '  How to fix'));
  // The page is Markdown, broken into lines already.
  for (const line of remedyOf(first.issue, pageOf).split('\n')) lines.push(line === '' ? '' : `  ${line}`);
  if (rule !== null) lines.push('', paint('faint', `  hvci-fix explain ${rule.code} shows the whole page`));
  return lines;
}

function entryLines(entry: Explained, width: number, paint: Paint): string[] {
  const lines = ['', `  ${timesWords(entry)}`];
  const add = (label: string, text: string): void => {
    lines.push(...labelled(label, text, width, paint));
  };
  const effect = eventEffect(entry.eventId ?? undefined);
  if (effect !== null) add('event', effect);
  if (entry.driver !== null)
    add('driver', `${escapeForTerminal(entry.driver)}${DRIVER_FROM[entry.driverFrom ?? 'log']}`);
  if (entry.section !== null) add('section', escapeForTerminal(entry.section));
  if (entry.address !== null) add('caller', callerWords(entry));
  for (const words of candidateWords(entry)) add('fits', words);
  for (const { name, meaning, value, text } of entry.parameters) {
    add(
      name,
      `${value}${text === null ? '' : ` = ${escapeForTerminal(text)}`}${meaning === null ? '' : `: ${meaning}`}`,
    );
  }
  for (const [name, value] of entry.details) add('data', `${escapeForTerminal(name)} ${escapeForTerminal(value)}`);
  return lines;
}

const DRIVER_FROM: Readonly<Record<NonNullable<Explained['driverFrom']>, string>> = {
  log: '',
  'module-list': ', by the module list',
  base: ', by --base',
  'only-verified-driver': ', the only one that Driver Verifier watches here',
};

function timesWords({ count, line, forms }: Explained): string {
  if (forms.every((form) => form === 'counter'))
    return `Counted ${count === 1 ? 'once' : `${count} times`}, line ${line}`;
  return count === 1 ? `Line ${line}` : `${counted(count, 'time')}, the first in line ${line}`;
}

/** `0xfffff8094b9852f0, returns to rva 0x52f0 of DvCi.sys, in Allocate+0x1b, C:\src\dvci.c:123`. */
function callerWords({ address, rva, driver, symbol, source }: Explained): string {
  const parts = [`0x${(address ?? 0n).toString(16)}`];
  if (rva !== null) parts.push(`rva ${hex(rva)}${driver === null ? '' : ` of ${escapeForTerminal(driver)}`}`);
  if (symbol !== null) parts.push(`in ${escapeForTerminal(symbol)}`);
  if (source !== null) parts.push(`${escapeForTerminal(source.file)}:${source.line}`);
  return `${parts.join(', ')} (where the call returns to)`;
}

/** More say nothing. */
const MOST_CANDIDATES = 4;

function candidateWords({ candidates }: Explained): string[] {
  if (candidates.length > MOST_CANDIDATES)
    return [`${candidates.length} calls have these last three digits: --base ADDRESS tells which it is`];
  return candidates.map(({ image, ddi, rva, symbol, source }) => {
    const place = [
      `rva ${hex(rva)} of ${escapeForTerminal(image)}`,
      ...(symbol === null ? [] : [`in ${escapeForTerminal(symbol)}`]),
      ...(source === null ? [] : [`${escapeForTerminal(source.file)}:${source.line}`]),
    ].join(', ');
    const sure = candidates.length === 1 ? 'the only call found' : 'a call';
    return `${sure} with these last three digits and this value: ${ddi}, ${place}`;
  });
}

const LABEL_WIDTH = 9;

function labelled(label: string, text: string, width: number, paint: Paint): string[] {
  const head = `    ${label.padEnd(LABEL_WIDTH)}`;
  const [first = '', ...rest] = hang(head, text, width);
  return [paint('faint', head) + first.slice(head.length), ...rest];
}

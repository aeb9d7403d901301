/** The change to one file as a unified diff (POSIX diff -u); the change is one run of lines. */
import { escapeForTerminal } from '../report/escape.js';
import type { Change } from './change.js';
import { readable, type SourceText } from './source-text.js';

const CONTEXT = 3;

/** Lines with line ends of their own; for UTF-16 and CRLF a picture of the change, for UTF-8 with LF a patch that applies. */
export function unifiedDiff({ before, after }: Change, shown: string): string {
  const old = linesOf(before?.source ?? null);
  const now = linesOf(after);
  let first = 0;
  while (first < old.length && first < now.length && old[first] === now[first]) first++;
  let same = 0;
  while (
    same < old.length - first &&
    same < now.length - first &&
    old[old.length - 1 - same] === now[now.length - 1 - same]
  )
    same++;
  const from = Math.max(0, first - CONTEXT);
  const oldTo = Math.min(old.length, old.length - same + CONTEXT);
  const nowTo = Math.min(now.length, now.length - same + CONTEXT);
  const name = escapeForTerminal(shown.replaceAll('\\', '/'));
  return [
    `--- ${before === null ? '/dev/null' : name}\n`,
    `+++ ${after === null ? '/dev/null' : name}\n`,
    `@@ -${range(from, oldTo)} +${range(from, nowTo)} @@\n`,
    ...old.slice(from, first).map((line) => show(' ', line)),
    ...old.slice(first, old.length - same).map((line) => show('-', line)),
    ...now.slice(first, now.length - same).map((line) => show('+', line)),
    ...old.slice(old.length - same, oldTo).map((line) => show(' ', line)),
  ].join('');
}

const linesOf = (source: SourceText | null): string[] =>
  source === null ? [] : (readable(source).match(/[^\n]*\n|[^\n]+$/g) ?? []);

/** Lines are counted from 1; an empty range names the line before it. */
const range = (from: number, to: number): string => `${to === from ? from : from + 1},${to - from}`;

function show(sign: string, line: string): string {
  const ended = line.endsWith('\n');
  const content = line
    .replace(/\r?\n$/, '')
    .split('\t')
    .map(escapeForTerminal)
    .join('\t');
  return `${sign}${content}\n${ended ? '' : '\\ No newline at end of file\n'}`;
}

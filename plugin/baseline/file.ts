/** The baseline file: JSON that is stable under version control. */
import { readFileSync } from 'node:fs';
import { CallError } from '../call/call-error.js';
import { errorCode, fromSystemError } from '../files/failure.js';
import { stringifyJson } from '../report/escape.js';
import { type BaselineEntry, keyOfEntry } from './entry.js';

export const BASELINE_SCHEMA_VERSION = 1;

/** Sorted by image, code and place; equal entries are counted. */
export function baselineText(entries: readonly BaselineEntry[]): string {
  const byKey = new Map<string, BaselineEntry>();
  for (const entry of entries) {
    const key = keyOfEntry(entry);
    const known = byKey.get(key);
    byKey.set(key, { ...entry, count: entry.count + (known?.count ?? 0) });
  }
  const findings = [...byKey.keys()].sort().map((key) => {
    const { code, image, section, symbol, ddi, count } = byKey.get(key) as BaselineEntry;
    return { image, code, section, symbol, ddi, count };
  });
  return `${stringifyJson({ schemaVersion: BASELINE_SCHEMA_VERSION, tool: 'hvci-fix', findings }, 2)}\n`;
}

/** Throws CallError, with what to do, for a file that is missing, unreadable or no baseline. */
export function readBaseline(path: string): readonly BaselineEntry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw new CallError(
        `There is no baseline ${path}; make it with hvci-fix baseline PATH... -o ${path}, or check --baseline.`,
      );
    throw new CallError(fromSystemError(error, 'read the baseline', path).message);
  }
  const problem = (what: string): CallError =>
    new CallError(`The baseline ${path} ${what}. Make it anew with hvci-fix baseline PATH... -o ${path}.`);
  // Whoever names a driver here must not be told to write a baseline over it.
  if (text.startsWith('MZ'))
    throw new CallError(
      `--baseline ${path}: this is an image. Name the file that hvci-fix baseline PATH... -o FILE has written.`,
    );
  let data: unknown;
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw problem(`is not valid JSON: ${error instanceof Error ? error.message : 'it cannot be parsed'}`);
  }
  const { schemaVersion, findings } = (data ?? {}) as { schemaVersion?: unknown; findings?: unknown };
  if (typeof schemaVersion !== 'number' || !Array.isArray(findings)) throw problem('is no baseline of hvci-fix');
  if (schemaVersion !== BASELINE_SCHEMA_VERSION)
    throw problem(`has schemaVersion ${schemaVersion}, and this hvci-fix reads ${BASELINE_SCHEMA_VERSION}`);
  return findings.map((entry: unknown, index) => {
    if (!isEntry(entry)) throw problem(`is damaged: findings[${index}] is no entry`);
    return entry;
  });
}

function isEntry(value: unknown): value is BaselineEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { code, image, section, symbol, ddi, count } = value as Record<string, unknown>;
  const nullable = [section, symbol, ddi].every((each) => each === null || typeof each === 'string');
  return (
    typeof code === 'string' &&
    typeof image === 'string' &&
    nullable &&
    Number.isSafeInteger(count) &&
    Number(count) > 0
  );
}

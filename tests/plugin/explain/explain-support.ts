/** A log written to a file, explained as JSON. */
import { writeFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { folderWith, type RunResult, run } from '../../support/command.js';

export interface JsonEntry {
  readonly code: string | null;
  readonly verifierCode: string | null;
  readonly eventId: number | null;
  readonly count: number;
  readonly forms: readonly string[];
  readonly line: number;
  readonly driver: string | null;
  readonly driverFrom: string | null;
  readonly address: string | null;
  readonly image: string | null;
  readonly rva: number | null;
  readonly symbol: string | null;
  readonly source: { readonly file: string; readonly line: number } | null;
  readonly section: string | null;
  readonly parameters: readonly {
    readonly name: string;
    readonly meaning: string | null;
    readonly value: string;
    readonly text: string | null;
  }[];
  readonly candidates: readonly {
    readonly image: string;
    readonly ddi: string;
    readonly rva: number;
    readonly symbol: string | null;
    readonly source: { readonly file: string; readonly line: number } | null;
  }[];
  readonly details: readonly { readonly name: string; readonly value: string }[];
  readonly remedy: string;
}

export interface JsonLog {
  readonly path: string;
  readonly entries: readonly JsonEntry[];
  readonly notes: readonly string[];
}

export async function explain(
  t: ExecutionContext,
  log: string | Uint8Array,
  ...args: readonly string[]
): Promise<JsonLog & { readonly exitCode: number }> {
  const { folder, at } = folderWith(t);
  writeFileSync(at('log.txt'), log);
  const result = await run(['explain', 'log.txt', '--format', 'json', ...args], { cwd: folder });
  return { exitCode: result.exitCode, ...parse(result) };
}

export function parse({ stdout, stderr }: RunResult): JsonLog {
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout).logs[0] ?? { path: '', entries: [], notes: [] };
}

/** The one entry of a log. */
export async function explainOne(
  t: ExecutionContext,
  log: string | Uint8Array,
  ...args: readonly string[]
): Promise<JsonEntry> {
  const { entries, exitCode } = await explain(t, log, ...args);
  t.is(exitCode, 0);
  t.is(entries.length, 1, JSON.stringify(entries, null, 2));
  return entries[0]!;
}

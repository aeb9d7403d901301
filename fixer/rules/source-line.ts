/** Where in the source an instruction comes from, as findings show it. */
import type { FindingData } from './finding.js';
import type { RuleContext } from './rule.js';

export interface SourceLine {
  /** As the compiler wrote it into the debug information: a path of the build machine, often absolute. Hostile text. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

/** `driver.c:123`. */
export const shortSource = ({ file, line }: SourceLine): string =>
  `${file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)}:${line}`;

/** The member `source` of a finding's data; null where nothing tells. */
export function sourceData(source: SourceLine | null): FindingData | null {
  return source === null ? null : { file: source.file, line: source.line };
}

/** What `sourceData` wrote, read back from a finding. */
export function sourceOf({ source }: FindingData): SourceLine | null {
  if (typeof source !== 'object' || source === null || !('file' in source)) return null;
  const { file, line } = source;
  return typeof file === 'string' && typeof line === 'number' ? { file, line } : null;
}

/** ` in Allocate+0x12 (driver.c:123)`; '' where neither is known. */
export function inWords({ symbolAt, lineAt }: Pick<RuleContext, 'symbolAt' | 'lineAt'>, rva: number): string {
  const symbol = symbolAt(rva);
  const source = lineAt(rva);
  return `${symbol === null ? '' : ` in ${symbol}`}${source === null ? '' : ` (${shortSource(source)})`}`;
}

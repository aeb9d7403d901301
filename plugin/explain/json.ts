/** Explained logs as JSON, schema version 1. Addresses are hexadecimal texts: they do not fit into a number. */
import { stringifyJson } from '../report/escape.js';
import { VERSION } from '../version.js';
import type { Explained, ExplainedLog } from './explained.js';
import { fileName } from './locate.js';
import { remedyOf, ruleOf, verifierCodeOf } from './meaning.js';

export function logsJson(logs: readonly ExplainedLog[], pageOf: (code: string) => string): string {
  const report = {
    schemaVersion: 1,
    tool: { name: 'hvci-fix', version: VERSION },
    logs: logs.map(({ path, entries, notes }) => ({
      path,
      entries: entries.map((entry) => entryJson(entry, pageOf)),
      notes,
    })),
    summary: {
      entries: logs.reduce((sum, { entries }) => sum + entries.length, 0),
      occurrences: logs.reduce((sum, { entries }) => sum + entries.reduce((inner, { count }) => inner + count, 0), 0),
    },
  };
  return `${stringifyJson(report, 2)}\n`;
}

function entryJson(entry: Explained, pageOf: (code: string) => string): object {
  const rule = ruleOf(entry.issue);
  return {
    code: rule?.code ?? null,
    name: rule?.name ?? 'incompatible',
    title: rule?.title ?? 'Windows says that the driver does not work with memory integrity',
    verifierCode: verifierCodeOf(entry.issue),
    eventId: entry.eventId,
    count: entry.count,
    forms: entry.forms,
    line: entry.line,
    driver: entry.driver === null ? null : fileName(entry.driver),
    driverFrom: entry.driverFrom,
    address: entry.address === null ? null : `0x${entry.address.toString(16)}`,
    image: entry.image,
    rva: entry.rva,
    symbol: entry.symbol,
    source: entry.source === null ? null : { file: entry.source.file, line: entry.source.line },
    section: entry.section,
    parameters: entry.parameters,
    candidates: entry.candidates,
    details: entry.details.map(([name, value]) => ({ name, value })),
    remedy: remedyOf(entry.issue, pageOf),
  };
}

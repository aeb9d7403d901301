/** One log from its file to what it says. */
import { type BinaryKind, binaryKind } from './binary-kinds.js';
import { BugCheckScanner } from './bug-check.js';
import { type Collected, Collector } from './collect.js';
import { CounterScanner } from './counters.js';
import { EventJsonScanner } from './event-json.js';
import { EventTextScanner } from './event-text.js';
import { EventXmlScanner } from './event-xml.js';
import { readLines } from './log-lines.js';
import { ModuleScanner } from './modules.js';
import type { Module, Scanner } from './sighting.js';
import { SignatureEventScanner } from './signature-events.js';
import { VerifierMessageScanner } from './verifier-message.js';

/** No line of any of the forms is nearly as long, but events are. */
const LONGEST = 1 << 13;

export type Scanned =
  | { readonly ok: true; readonly collected: Collected; readonly bytes: number }
  | { readonly ok: false; readonly binary: BinaryKind };

/**
 * @param path a file, or null for standard input
 * @param progress called with the number of bytes read, often
 */
export async function scanLog(path: string | null, progress: (bytes: number) => void): Promise<Scanned> {
  const collector = new Collector();
  const xml = new EventXmlScanner(collector);
  const others: Scanner[] = [
    new BugCheckScanner(collector),
    new VerifierMessageScanner(collector),
    new CounterScanner(collector),
    new EventTextScanner(collector),
    new SignatureEventScanner(collector),
    new ModuleScanner(collector),
  ];
  const toOthers = (text: string, number: number): void => {
    const line = text.length > LONGEST ? text.slice(0, LONGEST) : text;
    for (const scanner of others) scanner.line(line, number);
  };
  const json = new EventJsonScanner(collector, toOthers);
  let binary: BinaryKind | null = null;
  let bytes = 0;
  await readLines(path, {
    accepts: (start) => {
      binary = binaryKind(start);
      return binary === null;
    },
    line: (text, number) => {
      json.line(text, number);
      if (json.isInside) return;
      const wasInside = xml.isInside;
      xml.line(text, number);
      if (wasInside || xml.isInside || text.includes('</Event>')) return;
      toOthers(text, number);
    },
    progress: (count) => {
      bytes = count;
      progress(count);
    },
  });
  if (binary !== null) return { ok: false, binary };
  for (const scanner of [json, xml, ...others]) scanner.end();
  return { ok: true, collected: collector.collected(), bytes };
}

/** A module list in a file of its own. */
export async function scanModules(path: string): Promise<readonly Module[]> {
  const collector = new Collector();
  const scanner = new ModuleScanner(collector);
  await readLines(path, {
    accepts: () => true,
    line: (text, number) => scanner.line(text.slice(0, LONGEST), number),
    progress: () => undefined,
  });
  return collector.collected().modules;
}

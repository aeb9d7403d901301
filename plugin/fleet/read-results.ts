/** Result files of many machines into one fleet, and what is to be said about them. */
import { statSync } from 'node:fs';
import { expandPaths } from '../files/walk.js';
import { counted } from '../report/numbers.js';
import { type Disagreement, Fleet } from './fleet.js';
import { machineNames } from './machine-names.js';
import { readDocument } from './read-document.js';
import { readNdjson } from './read-ndjson.js';

export interface ReadFleet {
  readonly fleet: Fleet;
  readonly remarks: readonly string[];
  /** Files, or parts of them, that could not be used. */
  readonly failures: readonly string[];
}

/** `paths` are files and patterns. `begun` is told each file before it is read. */
export async function readResults(paths: readonly string[], begun: (path: string) => void): Promise<ReadFleet> {
  const fleet = new Fleet();
  const remarks: string[] = [];
  const failures: string[] = [];
  const files: string[] = [];
  for (const found of await expandPaths(paths)) {
    if (found.ok) files.push(found.path);
    else failures.push(found.message);
  }
  const machines = machineNames(files);
  for (const [index, path] of files.entries()) {
    begun(path);
    if (isWaitedFor(path)) {
      failures.push(`Cannot read ${path}: it is a pipe, socket or device. Name a regular file.`);
      continue;
    }
    for await (const item of /\.(?:ndjson|jsonl)$/i.test(path) ? readNdjson(path) : readDocument(path)) {
      if ('image' in item) fleet.add(item.image, machines[index] ?? '');
      else if ('remark' in item) remarks.push(item.remark);
      else failures.push(item.failure);
    }
  }
  const { different } = fleet;
  const onOne = different.filter(({ machine }) => machine !== null);
  const onSeveral = different.filter(({ machine }) => machine === null);
  if (onSeveral.length > 0) {
    remarks.push(
      `Machines disagree about ${suchAs(onSeveral)}, because they checked with other options, for another Windows or by another version: of each rule the graver answer is shown.`,
    );
  }
  if (onOne.length > 0) {
    remarks.push(
      `Checks on one machine disagree about ${suchAs(onOne)}, because of their options or the Windows they were for, which an INF names for its drivers: of each rule the graver answer is shown.`,
    );
  }
  if (fleet.apart > 0) {
    remarks.push(
      `Shown one by one, as they differ: ${counted(fleet.apart, 'further result')} of the same path and size. With --hashes it is known which are one driver.`,
    );
  }
  return { fleet, remarks, failures };
}

const MOST_ANSWERS = 4;

function suchAs(different: readonly Disagreement[]): string {
  const [first] = different;
  const about = first?.about.slice(0, MOST_ANSWERS).join(', ') ?? '';
  const more = (first?.about.length ?? 0) > MOST_ANSWERS ? ' and more' : '';
  return `${counted(different.length, 'driver')} (such as ${first?.path}${first?.machine == null ? '' : ` on ${first.machine}`}: ${about}${more})`;
}

/** To open a pipe is to wait for who writes to it. */
function isWaitedFor(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && !status.isFile() && !status.isDirectory();
}

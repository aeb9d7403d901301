/** hvci-fix.config.json: where it is, what it may say. Its schema is hvci-fix.config.schema.json beside this file. */
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { SeveritySetting } from '../../fixer/rules/finding.js';
import { CallError } from '../call/call-error.js';
import { errorCode, fromSystemError } from '../files/failure.js';

export const CONFIGURATION_NAME = 'hvci-fix.config.json';

export interface Suppression {
  readonly code: string;
  /** Pattern for the image's path, relative to the configuration's folder. */
  readonly path?: string;
  readonly section?: string;
  readonly reason: string;
}

export interface Configuration {
  readonly targetOs?: string;
  readonly severity?: Readonly<Record<string, SeveritySetting>>;
  readonly maxWarnings?: number;
  readonly code?: boolean;
  readonly treatAs?: 'driver';
  readonly stripWrite?: readonly string[];
  readonly stripExecute?: readonly string[];
  readonly suppress?: readonly Suppression[];
  /** Program that hvci-link runs where none is named. */
  readonly linker?: string;
}

export interface LoadedConfiguration {
  readonly path: string;
  readonly values: Configuration;
}

/** `named`, or the nearest hvci-fix.config.json from `folder` upwards to a repository's root; null where there is none. */
export async function loadConfiguration(
  named: string | undefined,
  folder: string,
): Promise<LoadedConfiguration | null> {
  const path = named === undefined ? findConfiguration(folder) : resolve(folder, named);
  if (path === null) return null;
  let text: string;
  try {
    // What is named may be a pipe, and waits for its writer; nobody writes into one that was come across.
    if (named === undefined && !isFileOrFolder(path))
      throw new CallError(
        `The configuration ${path} is a socket, pipe or device. Remove it, or put a file in its place.`,
      );
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CallError) throw error;
    if (errorCode(error) === 'ENOENT')
      throw new CallError(
        named === undefined
          ? `The configuration ${path} is a link that leads nowhere. Correct or remove it.`
          : `There is no configuration ${path}; check --config.`,
      );
    throw new CallError(fromSystemError(error, 'read', path).message);
  }
  let data: unknown;
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new CallError(
      `The configuration ${path} is not valid JSON: ${error instanceof Error ? error.message : 'it cannot be parsed'}.`,
    );
  }
  const { describeProblems } = await import('./problems.js');
  const problems = describeProblems(data);
  if (problems.length > 0)
    throw new CallError(`The configuration ${path} is wrong:\n${problems.map((line) => `  ${line}`).join('\n')}`);
  return { path, values: data as Configuration };
}

/** A folder fails when it is read, and then with the right words. */
function isFileOrFolder(path: string): boolean {
  const status = statSync(path);
  return status.isFile() || status.isDirectory();
}

/** A link that leads nowhere is there too: whoever made it thinks that its settings count. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function findConfiguration(folder: string): string | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, CONFIGURATION_NAME);
    if (isThere(path)) return path;
    if (at === dirname(at) || existsSync(join(at, '.git'))) return null;
  }
}

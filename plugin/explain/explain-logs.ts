/** `hvci-fix explain FILE`: what Driver Verifier, a bug check or code integrity said, and where in the source it is. */
import { statSync } from 'node:fs';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { fromSystemError } from '../files/failure.js';
import { writeOut } from '../files/output.js';
import { isTerminal, standardOutput } from '../files/terminal.js';
import type { CandidateFinder } from './candidates.js';
import { type ExplainedLog, explainLog } from './explained.js';
import { logsJson } from './json.js';
import { isCalled, type KnownImage, loadImage } from './locate.js';
import { scanLog, scanModules } from './scan.js';
import { addressOf, type Module } from './sighting.js';
import { signatureEventsText } from './signature-events.js';
import { logText } from './text.js';

/** @param paths logs; `-` is standard input */
export async function explainLogs(
  paths: readonly string[],
  call: Call,
  pageOf: (code: string) => string,
): Promise<number> {
  const format = String(call.values['format'] ?? 'text');
  if (format !== 'text' && format !== 'json') throw new CallError(`explain prints text or json, not ${format}.`);
  const images = await imagesOf(call);
  const modules: Module[] = [];
  for (const path of listed(call, 'modules')) modules.push(...(await modulesOf(path)));
  const candidatesOf = await finderFor(images);
  const logs: ExplainedLog[] = [];
  const unknown: { readonly path: string; readonly signatureEvents: readonly number[] }[] = [];
  for (const path of paths) {
    const scanned = await reading(path, () => scanLog(path === '-' ? null : path, progressFor(path)));
    if (!scanned.ok) {
      const { what, remedy } = scanned.binary;
      throw new CallError(`${shown(path)} is ${what}, no text. ${remedy.replaceAll('FILE', path)}`);
    }
    if (scanned.collected.isRecognised) logs.push(explainLog(path, scanned.collected, modules, images, candidatesOf));
    else unknown.push({ path, signatureEvents: scanned.collected.signatureEvents });
  }
  if (format === 'json') writeOut(1, logsJson(logs, pageOf));
  else {
    const screen = standardOutput(call.values['no-color'] === true);
    writeOut(1, logs.map((log) => logText(log, { ...screen, pageOf })).join('\n'));
  }
  for (const { path, signatureEvents } of unknown)
    writeOut(2, `hvci-fix: ${signatureEvents.length > 0 ? otherEvents(path, signatureEvents) : nothingKnown(path)}\n`);
  return unknown.length > 0 ? 2 : 0;
}

const otherEvents = (path: string, ids: readonly number[]): string =>
  `${shown(path)} has events of code integrity, but none of memory integrity: ${signatureEventsText(ids)}. They are about the file's signature or the machine's App Control policy, which no fix of hvci-fix changes. A driver that memory integrity refuses has event 3072, 3073, 3087 or 3111; \`hvci-fix check FILE\` tells without one.`;

const nothingKnown = (path: string): string =>
  `nothing in ${shown(path)} is known. explain reads the output of Driver Verifier and !verifier, bug check 0xC4 with parameter 1 from 0x2000 to 0x2005 (!analyze -v, BugCheck C4 {...}, STOP), and CodeIntegrity events 3072, 3073, 3087 and 3111 (text, XML or JSON).`;

/** The engine that reads code is loaded only where an image has no base. */
async function finderFor(images: readonly KnownImage[]): Promise<CandidateFinder> {
  if (images.every(({ base }) => base !== null)) return () => [];
  return (await import('./candidates.js')).candidateFinder(images);
}

async function imagesOf(call: Call): Promise<KnownImage[]> {
  const paths = listed(call, 'image');
  const bases = basesOf(listed(call, 'base'), paths);
  const images: KnownImage[] = [];
  for (const path of paths) {
    const loaded = await loadImage(path, bases.get(path) ?? null);
    if (!loaded.ok) throw new CallError(loaded.message);
    images.push(loaded.image);
  }
  return images;
}

/** `--base ADDRESS` for the only image, `--base NAME=ADDRESS` for one of several. */
function basesOf(bases: readonly string[], images: readonly string[]): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const text of bases) {
    const [, name, digits = ''] = /^(?:(.+)=)?((?:0x)?[0-9a-f][0-9a-f`]{0,18})$/i.exec(text) ?? [];
    if (!/[0-9a-f]/i.test(digits.replace(/^0x/i, '')))
      throw new CallError(`--base ${text} is no address. Write --base 0xfffff8094b980000, or --base NAME=ADDRESS.`);
    const matching = images.filter((path) => name === undefined || isCalled(path, name));
    const [image] = matching;
    if (image === undefined)
      throw new CallError(`--base ${text} belongs to no --image. Name the driver with --image FILE.`);
    if (matching.length > 1)
      throw new CallError(`--base ${text} may belong to several images: write --base NAME=ADDRESS.`);
    found.set(image, addressOf(digits));
  }
  return found;
}

async function modulesOf(path: string): Promise<readonly Module[]> {
  const modules = await reading(path, () => scanModules(path));
  if (modules.length === 0)
    throw new CallError(
      `There is no module list in ${path}. It is the output of lm in the debugger: start, end, module name.`,
    );
  return modules;
}

/** Host I/O in words. */
async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    // Before a stream is made: a pipe without a writer would be waited for, and a folder fails late.
    if (path !== '-' && statSync(path).isDirectory()) throw Object.assign(new Error('directory'), { code: 'EISDIR' });
    return await read();
  } catch (error) {
    throw new CallError(fromSystemError(error, 'read', shown(path)).message);
  }
}

const shown = (path: string): string => (path === '-' ? 'standard input' : path);

const listed = (call: Call, name: string): readonly string[] => {
  const value = call.values[name];
  return value === undefined || typeof value === 'boolean' ? [] : typeof value === 'string' ? [value] : value;
};

const STEP_MS = 1000;

/** A line on a terminal for a log that takes longer than a second; nothing in a script's way. */
function progressFor(path: string): (bytes: number) => void {
  if (!isTerminal(2)) return () => undefined;
  let next = performance.now() + STEP_MS;
  return (bytes) => {
    if (performance.now() < next) return;
    next = performance.now() + STEP_MS;
    writeOut(2, `hvci-fix: ${shown(path)}: ${Math.round(bytes / 2 ** 20)} MB read\n`);
  };
}

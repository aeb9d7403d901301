#!/usr/bin/env node
/** The command `hvci-link`: the linker, then the build step on what it linked. Paid on every link, so small. */
import { utimesSync } from 'node:fs';
import type { PreparedStep } from '../commands/build-step.js';
import { writeOut } from '../files/output.js';
import { nodeProblem } from '../node-version.js';
import { type LinkSettings, parseLinkCall, SETTING_NAMES } from './call.js';
import { type LinkCommand, programName, understandLink } from './command.js';
import { kindOfLinked } from './image-header.js';
import { isOurselves, namedLinker } from './linker.js';
import { anotherPassFollows } from './manifest-pass.js';
import { runLinker } from './run-linker.js';

const USAGE = `Usage: hvci-link [--hvci-NAME=VALUE ...] [LINKER] ARGUMENT...

Runs the linker, then checks the driver that it made for memory integrity and fixes in its header what is safe.
LINKER may also be named by HVCI_LINK_LINKER or by "linker" in hvci-fix.config.json. NAME is ${SETTING_NAMES.join(', ')};
HVCI_FIX_NAME in the environment says the same. hvci-link LINKER --help shows the linker's own help.
`;

/** What a shell answers for a program that cannot be started. */
const NOT_STARTED = 127;

async function main(args: readonly string[]): Promise<number> {
  const old = nodeProblem();
  if (old !== null) return complain(old);
  const folder = process.cwd();
  const call = parseLinkCall(args, process.env);
  if (call.problem !== null) return complain(call.problem);
  if (call.rest.length === 1 && /^(?:--help|-h|\/\?)$/.test(call.rest[0] as string)) {
    writeOut(1, USAGE);
    return 0;
  }
  const linker = namedLinker(call.rest, folder, process.env) ?? (await discovered(call.rest, call.settings, folder));
  if (typeof linker === 'string') return complain(linker);
  if (isOurselves(linker.program, process.argv[1] ?? '', process.env))
    return complain(
      `${linker.program} is hvci-link itself. Name the real linker, in HVCI_LINK_LINKER or as the first argument.`,
    );
  const understood = (): LinkCommand | null =>
    call.settings.mode === 'off' ? null : understandLink(linker.program, linker.args, folder, process.env);
  // Whatever can wait is done while the linker works: another processor is likely to be free. A response file cannot wait,
  // since a linker driver may remove it.
  const early = linker.args.some((arg) => arg.startsWith('@')) ? understood() : undefined;
  const running = runLinker(linker.program, linker.args);
  const link = early === undefined ? understood() : early;
  const prepared = link?.driver === true ? await prepareWhile(running, call.settings) : null;
  const end = await running;
  if (end.kind === 'not-started') {
    complain(
      `cannot start the linker ${linker.program} (${end.message}). Name it as the first argument or in HVCI_LINK_LINKER.`,
    );
    return NOT_STARTED;
  }
  if (end.kind === 'killed') {
    process.kill(process.pid, end.signal);
    return 1;
  }
  if (end.status !== 0 || link === null || anotherPassFollows(link.options, folder)) return end.status;
  const image = imageToCheck(link);
  if (image === null) return 0;
  return buildStep(prepared ?? (await prepare(call.settings)), image, link, linker.program, call.settings);
}

async function discovered(
  rest: readonly string[],
  settings: LinkSettings,
  folder: string,
): Promise<{ program: string; args: readonly string[] } | string> {
  if (rest.length === 0) return 'nothing to link. Usage: hvci-link [LINKER] ARGUMENT...';
  const { discoverLinker } = await import('./discover.js');
  try {
    const { program, looked } = await discoverLinker(rest, settings.config, folder, process.env);
    if (program !== null) return { program, args: rest };
    return `no linker was named and none was found (${looked.join(', ')}). Set HVCI_LINK_LINKER to its path, or "linker" in hvci-fix.config.json.`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The image of a driver link, or null. A driver link whose image cannot be found is named all the same: it must not pass unchecked. */
function imageToCheck(link: LinkCommand): string | null {
  for (const path of link.outputs) {
    const kind = kindOfLinked(path);
    if (kind === 'missing') continue;
    return kind === 'native' || link.driver ? path : null;
  }
  return link.driver ? (link.outputs[0] ?? null) : null;
}

async function prepare({ 'link-source': _, ...settings }: LinkSettings): Promise<PreparedStep> {
  const { prepareBuildStep } = await import('../commands/build-step.js');
  const args = Object.entries(settings).flatMap(([name, value]) => [value].flat().map((each) => `--${name}=${each}`));
  return prepareBuildStep(args);
}

async function prepareWhile(running: Promise<unknown>, settings: LinkSettings): Promise<PreparedStep> {
  let ended = false;
  void running.then(() => {
    ended = true;
  });
  const prepared = await prepare(settings);
  // A linker that was faster is known of only after a turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  if (!ended) await prepared.rehearse();
  return prepared;
}

async function buildStep(
  prepared: PreparedStep,
  image: string,
  link: LinkCommand,
  linker: string,
  settings: LinkSettings,
): Promise<number> {
  const source = settings['link-source'] ?? `the command line of ${programName(linker)}`;
  const status = await prepared.run(image, { options: link.options, source });
  if (status !== 0) makeOutOfDate(image);
  return status;
}

/** A linker that fails leaves nothing that looks finished. The image stays, to be looked at, but make and ninja link again. */
function makeOutOfDate(image: string): void {
  try {
    utimesSync(image, 1, 1);
  } catch {
    // It does not exist, or belongs to somebody else: the exit status has to do.
  }
}

/** In MSBuild's form too, which most tools that show build output know. */
function complain(text: string): number {
  writeOut(2, `hvci-link : error : ${text.replaceAll(/\s*\n\s*/g, ' ')}\n`);
  return 2;
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const detail =
      error instanceof Error ? (process.env['HVCI_FIX_DEBUG'] && error.stack) || error.message : String(error);
    process.exitCode = complain(`internal error, please report it (HVCI_FIX_DEBUG=1 shows where): ${detail}`);
  },
);

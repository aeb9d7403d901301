#!/usr/bin/env node
/** The command `hvci-link`: the linker, then the build step on what it linked. Paid on every link, so small. */
import { utimesSync } from 'node:fs';
import { writeOut } from '../files/output.js';
import { type LinkSettings, parseLinkCall } from './call.js';
import { type LinkCommand, programName, understandLink } from './command.js';
import { kindOfLinked } from './image-header.js';
import { isOurselves, namedLinker } from './linker.js';
import { anotherPassFollows } from './manifest-pass.js';
import { runLinker } from './run-linker.js';

/** What a shell answers for a program that cannot be started. */
const NOT_STARTED = 127;

async function main(args: readonly string[]): Promise<number> {
  const folder = process.cwd();
  const call = parseLinkCall(args, process.env);
  if (call.problem !== null) return complain(call.problem);
  const linker = namedLinker(call.rest, folder, process.env) ?? (await discovered(call.rest, call.settings, folder));
  if (typeof linker === 'string') return complain(linker);
  if (isOurselves(linker.program, process.argv[1] ?? '', process.env))
    return complain(
      `${linker.program} is hvci-link itself. Name the real linker, in HVCI_LINK_LINKER or as the first argument.`,
    );
  // Before the link: a linker driver may remove its response file.
  const { mode } = call.settings;
  const link = mode === 'off' ? null : understandLink(linker.program, linker.args, folder, process.env);

  const running = runLinker(linker.program, linker.args);
  // Loaded while the linker works: another processor is likely to be free.
  if (link?.driver === true) await loadBuildStep();
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
  return image === null ? 0 : buildStep(image, link, linker.program, call.settings);
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

const loadBuildStep = (): Promise<typeof import('../commands/build-step.js')> => import('../commands/build-step.js');

async function buildStep(image: string, link: LinkCommand, linker: string, settings: LinkSettings): Promise<number> {
  const { runBuildStep } = await loadBuildStep();
  const { 'link-source': source, ...rest } = settings;
  const args = Object.entries({ image, ...rest }).map(([name, value]) => `--${name}=${value}`);
  const status = await runBuildStep(args, {
    options: link.options,
    source: source ?? `the command line of ${programName(linker)}`,
  });
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

/**
 * `hvci-fix status`: this machine. Is memory integrity on, and which of the loaded drivers would it refuse? The header
 * decides that, so the code of some two hundred drivers, a kernel among them, is read on request only.
 */
import { release } from 'node:os';
import { OLDEST_TARGET_OS, parseTargetOs } from '../../fixer/rules/target-os.js';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { writeReportFile } from '../files/create.js';
import { writeOut } from '../files/output.js';
import { screenFor } from '../files/terminal.js';
import { exitStatusFor, openScan } from '../scan/scan.js';
import { type Settings, settingsOf } from '../session/settings.js';
import { askSystem } from '../status/ask-system.js';
import { asLoaded } from '../status/check-loaded.js';
import { type CheckedDriver, isRefused, type Machine } from '../status/machine.js';
import { memoryIntegrityIn } from '../status/options.js';
import { verdictOf } from '../status/verdict.js';

export async function statusCommand(call: Call): Promise<number> {
  if (call.positionals.length > 0)
    throw new CallError(`status takes no path. To check files: hvci-fix check ${call.positionals.join(' ')}`);
  // The drivers run on this Windows, so its release decides, unless the call or the configuration says otherwise.
  const given = await settingsOf(call, process.cwd(), parseTargetOs(release()) ?? OLDEST_TARGET_OS);
  const settings = { ...given, code: call.values['code'] === true };
  if (settings.format !== 'text' && settings.format !== 'json')
    throw new CallError(`--format ${settings.format}: status has text and json; check --loaded has them all.`);
  const machine = await lookAt(asLoaded(settings));
  const text = await render(machine, settings);
  if (settings.output === null) writeOut(1, text);
  else {
    const written = await writeReportFile(settings.output, text);
    if (!written.ok) throw new CallError(written.message);
  }
  const { strictMode } = memoryIntegrityIn(machine.options);
  const refused = machine.drivers.some((driver) => isRefused(driver, strictMode));
  return exitStatusFor(refused ? 1 : 0, machine.interrupted);
}

async function lookAt(settings: Settings): Promise<Machine> {
  const { options, modules, images } = askSystem();
  const scan = await openScan({ paths: [], files: images.map(({ found }) => found), stdinList: false, settings });
  const drivers: CheckedDriver[] = [];
  // In the order of the files, so an image's number tells its module.
  await scan.each(({ report }) => {
    const image = images[drivers.length];
    if (image !== undefined)
      drivers.push({ path: image.found.path, module: image.module, verdict: verdictOf(report), report });
  });
  const { targetOs, code: codeRead } = settings;
  return { release: release(), targetOs, options, modules, drivers, codeRead, interrupted: scan.interrupted };
}

async function render(machine: Machine, settings: Settings): Promise<string> {
  if (settings.format === 'json') return (await import('../status/json.js')).statusJson(machine);
  const { width, color } = screenFor(settings);
  return (await import('../status/text.js')).statusText(machine, width, color);
}

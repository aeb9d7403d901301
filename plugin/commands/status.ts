/** `hvci-fix status`: this machine. Is memory integrity on, and which of the loaded drivers would it refuse? */
import { release } from 'node:os';
import { OLDEST_TARGET_OS, parseTargetOs } from '../../fixer/rules/target-os.js';
import { suppressionsOf } from '../configuration/suppressions.js';
import { writeReportFile } from '../files/create.js';
import { writeOut } from '../files/output.js';
import { ImageBuffer } from '../files/read.js';
import { inspect } from '../inspection/inspect.js';
import { askSystem } from '../status/ask-system.js';
import { asLoaded } from '../status/check-loaded.js';
import { type CheckedDriver, isRefused, type Machine } from '../status/machine.js';
import { memoryIntegrityIn } from '../status/options.js';
import { verdictOf } from '../status/verdict.js';
import type { Call } from './arguments.js';
import { CallError } from './call-error.js';
import { isTerminal, terminalWidth } from './reporter.js';
import { type Settings, settingsOf } from './settings.js';

export async function statusCommand(call: Call): Promise<number> {
  if (call.positionals.length > 0)
    throw new CallError(`status takes no path. To check files: hvci-fix check ${call.positionals.join(' ')}`);
  // The drivers run on this Windows, so its release decides, unless the call or the configuration says otherwise.
  const settings = await settingsOf(call, process.cwd(), parseTargetOs(release()) ?? OLDEST_TARGET_OS);
  if (settings.format !== 'text' && settings.format !== 'json')
    throw new CallError(`--format ${settings.format}: status has text and json; check --loaded has them all.`);
  const machine = await lookAt(settings);
  const text = await render(machine, settings);
  if (settings.output === null) writeOut(1, text);
  else {
    const written = await writeReportFile(settings.output, text);
    if (!written.ok) throw new CallError(written.message);
  }
  const { strictMode } = memoryIntegrityIn(machine.options);
  return machine.drivers.some((driver) => isRefused(driver, strictMode)) ? 1 : 0;
}

async function lookAt(given: Settings): Promise<Machine> {
  const { options, modules, images } = askSystem();
  const settings = asLoaded(given);
  const suppress = await suppressionsOf(settings.suppressions, settings.configurationPath);
  const buffer = new ImageBuffer();
  const drivers: CheckedDriver[] = [];
  for (const { module, found } of images) {
    const { report } = await inspect(found, settings, suppress, buffer);
    drivers.push({ path: found.path, module, verdict: verdictOf(report), report });
  }
  return { release: release(), targetOs: settings.targetOs, options, modules, drivers, codeRead: settings.code };
}

async function render(machine: Machine, { format, output, noColor }: Settings): Promise<string> {
  if (format === 'json') return (await import('../status/json.js')).statusJson(machine);
  const terminal = output === null && isTerminal();
  const color = terminal && !noColor && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return (await import('../status/text.js')).statusText(machine, terminal ? terminalWidth() : 100, color);
}

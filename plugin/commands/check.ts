/** `hvci-fix check`: reads, checks, reports. */
import { existsSync } from 'node:fs';
import { suppressionsOf } from '../configuration/suppressions.js';
import { expand } from '../files/expand.js';
import { ImageBuffer } from '../files/read.js';
import { sectionRows } from '../inspection/image-report.js';
import { inspect } from '../inspection/inspect.js';
import type { Call } from './arguments.js';
import { CallError } from './call-error.js';
import { COMMANDS } from './option-table.js';
import { Session } from './session.js';
import { baselineOf, settingsOf } from './settings.js';

export async function checkCommand(call: Call): Promise<number> {
  if (call.positionals.length === 0)
    throw new CallError('Name at least one driver, folder or pattern: hvci-fix check PATH...');
  if (!call.commandNamed) refuseUnknownCommand(call.positionals[0] ?? '');
  const settings = await settingsOf(call, process.cwd());
  const suppress = await suppressionsOf(settings.suppressions, settings.configurationPath);
  const baseline = await baselineOf(settings);
  const session = await Session.open(settings);
  const buffer = new ImageBuffer();
  // A folder or a pattern stands for all there is; a file only for itself.
  let everyImage = false;
  for (const found of await expand(call.positionals)) {
    const { report: inspected, material } = await inspect(found, settings, suppress, buffer);
    const report = baseline?.compare(inspected) ?? inspected;
    everyImage ||= !found.named;
    session.add(report, material === null ? [] : sectionRows(material.image), found.named);
  }
  return session.close(baseline?.absent(everyImage));
}

/** `hvci-fix chek driver.sys`: a plain word that is no file was meant as a command. */
function refuseUnknownCommand(word: string): void {
  if (!/^[a-z][a-z-]*$/i.test(word) || existsSync(word)) return;
  const names = COMMANDS.map(({ name }) => name).join(', ');
  throw new CallError(
    `There is no command ${word} and no file of that name. The commands are ${names}.\nTry hvci-fix --help.`,
  );
}

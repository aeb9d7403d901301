/** `hvci-fix check`: reads, checks, reports. */
import { existsSync } from 'node:fs';
import type { Baseline } from '../baseline/baseline.js';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { COMMANDS } from '../call/option-table.js';
import { suppressionsOf } from '../configuration/suppressions.js';
import { onlyFile } from '../files/expand.js';
import { ImageBuffer } from '../files/read.js';
import type { FoundFile } from '../files/walk.js';
import { sectionRows } from '../inspection/image-report.js';
import { inspect } from '../inspection/inspect.js';
import { Session } from '../session/session.js';
import { baselineOf, type Settings, settingsOf } from '../session/settings.js';

export async function checkCommand(call: Call): Promise<number> {
  const stdinList = call.values['stdin0'] === true;
  const loaded = call.values['loaded'] === true ? await import('../status/check-loaded.js') : null;
  if (call.positionals.length === 0 && !stdinList && loaded === null)
    throw new CallError('Name at least one driver, folder or pattern: hvci-fix check PATH...');
  if (!call.commandNamed) refuseUnknownCommand(call.positionals[0] ?? '');
  const given = await settingsOf(call, process.cwd());
  const settings = loaded?.asLoaded(given) ?? given;
  const files = loaded?.loadedFiles(call) ?? null;
  const baseline = await baselineOf(settings);
  const session = await Session.open(settings);
  const only = stdinList ? null : onlyFile(call.positionals);
  if (only !== null) return checkOne(only, settings, baseline, session);
  return checkAll({ paths: call.positionals, files, stdinList, settings }, baseline, session);
}

/** What every build does: nothing is loaded that only many files need. */
async function checkOne(
  found: FoundFile,
  settings: Settings,
  baseline: Baseline | null,
  session: Session,
): Promise<number> {
  const suppress = await suppressionsOf(settings.suppressions, settings.configurationPath);
  const { report, material } = await inspect(found, settings, suppress, new ImageBuffer());
  await session.add(
    baseline?.compare(report) ?? report,
    material === null ? [] : sectionRows(material.image),
    found.named,
  );
  return session.close(baseline?.absent(false));
}

async function checkAll(
  options: Parameters<typeof import('../scan/scan.js')['openScan']>[0],
  baseline: Baseline | null,
  session: Session,
): Promise<number> {
  const { exitStatusFor, openScan } = await import('../scan/scan.js');
  const scan = await openScan(options);
  session.beforeWriting = () => scan.clearLine();
  if (options.stdinList) session.showPromptly();
  await scan.each(({ report, sections, named }) => session.add(baseline?.compare(report) ?? report, sections, named));
  const { interrupted, everyImage } = scan;
  // A folder or a pattern stands for all there is, a file only for itself.
  const status = await session.close(baseline?.absent(everyImage && interrupted === null), interrupted);
  if (scan.remark !== null) (await import('../session/beside-output.js')).sayRemark(scan.remark);
  return exitStatusFor(status, interrupted);
}

/** `hvci-fix chek driver.sys`: a plain word that is no file was meant as a command. */
function refuseUnknownCommand(word: string): void {
  if (!/^[a-z][a-z-]*$/i.test(word) || existsSync(word)) return;
  const names = COMMANDS.map(({ name }) => name).join(', ');
  throw new CallError(
    `There is no command ${word} and no file of that name. The commands are ${names}.\nTry hvci-fix --help.`,
  );
}

/** `hvci-fix baseline`: writes down what is wrong today, so that only what is new fails from now on. */
import { type BaselineEntry, entryOf } from '../baseline/entry.js';
import { baselineText } from '../baseline/file.js';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { reportObstacle, writeReportFile } from '../files/create.js';
import { writeOut } from '../files/output.js';
import { escapeForTerminal } from '../report/escape.js';
import { counted } from '../report/numbers.js';
import { interruptedWords } from '../report/wording.js';
import { exitStatusFor, openScan } from '../scan/scan.js';
import { settingsOf } from '../session/settings.js';

export async function baselineCommand(call: Call): Promise<number> {
  const usage = 'hvci-fix baseline PATH... -o FILE';
  const stdinList = call.values['stdin0'] === true;
  if (call.positionals.length === 0 && !stdinList)
    throw new CallError(`Name at least one driver, folder or pattern: ${usage}`);
  const settings = await settingsOf(call, process.cwd());
  const { output } = settings;
  if (output === null) throw new CallError(`Name the file to write: ${usage}`);
  const obstacle = reportObstacle(output);
  if (obstacle !== null) throw new CallError(obstacle.message);
  const entries: BaselineEntry[] = [];
  const unreadable: string[] = [];
  let failed = false;
  let images = 0;
  const scan = await openScan({ paths: call.positionals, stdinList, settings });
  await scan.each(({ report, named }) => {
    if (report.status === 'unreadable') {
      unreadable.push(report.error?.message ?? report.path);
      failed ||= named;
      return;
    }
    images++;
    for (const finding of report.findings)
      if (finding.suppressed === undefined) entries.push(entryOf(report.path, finding));
  });
  for (const message of unreadable) writeOut(2, `hvci-fix: ${escapeForTerminal(message)}\n`);
  if (scan.interrupted !== null) {
    writeOut(2, `hvci-fix: ${escapeForTerminal(output)} was not written: ${interruptedWords(scan.interrupted)}.\n`);
    return exitStatusFor(0, scan.interrupted);
  }
  // A baseline that lacks an image would make all of its findings new.
  if (failed) throw new CallError(`${output} was not written, because not every image could be read.`);
  const written = await writeReportFile(output, baselineText(entries));
  if (!written.ok) throw new CallError(written.message);
  const done = `${escapeForTerminal(output)}: ${counted(entries.length, 'finding')} of ${counted(images, 'image')}\n`;
  if (!settings.quiet) writeOut(1, done);
  return 0;
}

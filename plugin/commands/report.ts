/** `hvci-fix report`: a page to look at, from drivers, from results of other machines, or from both. */
import { statSync } from 'node:fs';
import { rules } from '../../fixer/rules/catalogue.js';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { writeOut } from '../files/output.js';
import { isTerminal } from '../files/terminal.js';
import type { ReadFleet } from '../fleet/read-results.js';
import { isResultsName } from '../fleet/result.js';
import { escapeForTerminal } from '../report/escape.js';
import { counted } from '../report/numbers.js';
import { createPageReporter } from '../report-page/reporter.js';
import { exitStatusFor, openScan } from '../scan/scan.js';
import { Session } from '../session/session.js';
import { baselineOf, type Settings, settingsOf } from '../session/settings.js';
import { VERSION } from '../version.js';

const USAGE = 'hvci-fix report PATH... -o report.html';
/** Where drivers and results of other machines come together. */
const HERE = 'this machine';

export async function reportCommand(call: Call): Promise<number> {
  const stdinList = call.values['stdin0'] === true;
  if (call.positionals.length === 0 && !stdinList)
    throw new CallError(`Name at least one driver, folder or file of results: ${USAGE}`);
  const { html, settings } = await reportSettings(call);
  const paths = call.positionals.filter((path) => !isResultsName(path));
  const results = call.positionals.filter(isResultsName);
  const read = results.length === 0 ? null : await readAll(results, lessThanRead(settings, html));
  const remarks = [...(read?.failures ?? []), ...(read?.remarks ?? [])];
  const session = await Session.open(settings, html ? pageReporter(settings, read, remarks) : undefined);
  const baseline = await baselineOf(settings);

  let failed = (read?.failures.length ?? 0) > 0;
  let interrupted = null;
  if (paths.length > 0 || stdinList) {
    const scan = await openScan({ paths, stdinList, settings });
    session.beforeWriting = () => scan.clearLine();
    await scan.each(({ report, sections, named }) => {
      const compared = baseline?.compare(report) ?? report;
      if (read === null) return session.add(compared, sections, named);
      read.fleet.add(compared, HERE);
      if (named && compared.status === 'unreadable') {
        failed = true;
        if (compared.error !== undefined) remarks.push(compared.error.message);
      }
    });
    interrupted = scan.interrupted;
    if (scan.remark !== null) remarks.push(scan.remark);
  }
  for (const image of read?.fleet.images() ?? []) await session.add(image, [], false);
  const status = await session.close(undefined, interrupted);
  for (const remark of remarks) writeOut(2, `hvci-fix: ${escapeForTerminal(remark)}\n`);
  return exitStatusFor(failed ? 2 : status, interrupted);
}

/** The page is a format of this command alone, and always has page maps. */
async function reportSettings(call: Call): Promise<{ html: boolean; settings: Settings }> {
  const { format } = call.values;
  const html = format === undefined || format === 'html';
  const values = { ...call.values, 'page-map': true, ...(html && { format: undefined }) };
  if (!html && format !== 'sarif' && format !== 'ndjson' && format !== 'json')
    throw new CallError(`--format ${String(format)}: use html, sarif, ndjson, json.`);
  if (html && call.values['output'] === undefined) throw new CallError(`Name the page to write: ${USAGE}`);
  return { html, settings: await settingsOf({ ...call, values }, process.cwd()) };
}

function pageReporter(settings: Settings, read: ReadFleet | null, remarks: readonly string[]) {
  const options = {
    toolVersion: VERSION,
    rules: rules.map(({ meta }) => meta),
    targetOs: read === null ? settings.targetOs : null,
    codeRead: read === null ? settings.code : null,
  };
  return createPageReporter(options, remarks);
}

/** The output, where it will not hold all that results do: NDJSON and JSON may take their place, merged. */
const lessThanRead = ({ format, output }: Settings, html: boolean): string | null =>
  html || format === 'sarif' ? output : null;

/**
 * Says on a terminal which file it is at: a fleet's results can take a while.
 * @param output throws CallError where this is one of the results
 */
async function readAll(results: readonly string[], output: string | null): Promise<ReadFleet> {
  const { readResults } = await import('../fleet/read-results.js');
  const terminal = isTerminal(2) && process.env['TERM'] !== 'dumb';
  let files = 0;
  const read = await readResults(results, (path) => {
    files++;
    if (output !== null && isSameFile(output, path))
      throw new CallError(
        `--output ${output} is one of the results that are read, and would be lost. Name another file.`,
      );
    if (terminal) writeOut(2, `\r\x1b[KReading ${escapeForTerminal(path)} (${counted(files, 'file')})`);
  });
  if (terminal) writeOut(2, '\r\x1b[K');
  return read;
}

function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino;
}

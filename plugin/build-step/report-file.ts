/** The build step's SARIF file: replaced whole, so that of two builds that write the same one the last stays. */
import type { BaselineEntry } from '../baseline/entry.js';
import { CallError } from '../call/call-error.js';
import { writeReportFile } from '../files/create.js';
import type { ImageResult } from '../report/model.js';
import { createReporter } from '../session/reporter.js';
import { rulesOff, type Settings } from '../session/settings.js';
import { VERSION } from '../version.js';

/** Throws CallError when the file cannot be written. */
export async function writeReport(
  path: string,
  result: ImageResult,
  settings: Settings,
  absent: readonly BaselineEntry[] | undefined,
): Promise<void> {
  const reporter = await createReporter({ ...settings, format: 'sarif', output: path });
  const summary = { images: 1, clean: 0, errors: 0, warnings: 0, fixed: 0, refused: 0, unreadable: 0 };
  const text =
    reporter.image(result) +
    reporter.end({
      schemaVersion: 1,
      tool: { name: 'hvci-fix', version: VERSION },
      targetOs: settings.targetOs,
      summary,
      ...(absent === undefined ? {} : { absent }),
      ...rulesOff(settings),
    });
  const written = await writeReportFile(path, text);
  if (!written.ok) throw new CallError(`The report (--report) was not written. ${written.message}`);
}

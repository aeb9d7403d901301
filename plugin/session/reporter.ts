/** The reporter for a format, loaded when it is asked for; but msbuild's, which every build asks for, is always there. */
import { fstatSync, statSync } from 'node:fs';
import type { Reporter } from '../report/model.js';
import { createMsbuildReporter } from '../report/msbuild.js';
import { VERSION } from '../version.js';
import type { Settings } from './settings.js';

export async function createReporter({ format, output, quiet, noColor, targetOs }: Settings): Promise<Reporter> {
  switch (format) {
    case 'json':
      return (await import('../report/json.js')).createJsonReporter({
        schemaVersion: 1,
        tool: { name: 'hvci-fix', version: VERSION },
        targetOs,
      });
    case 'ndjson':
      return (await import('../report/ndjson.js')).createNdjsonReporter();
    case 'msbuild':
      return createMsbuildReporter({ quiet });
    case 'sarif': {
      const [{ createSarifReporter }, { pageOf }, { rules }] = await Promise.all([
        import('../report/sarif.js'),
        import('../report/pages.js'),
        import('../../fixer/rules/catalogue.js'),
      ]);
      return createSarifReporter({
        toolVersion: VERSION,
        rules: rules.map(({ meta }) => meta),
        pageOf,
        baseDirectory: process.cwd(),
      });
    }
    case 'text': {
      const terminal = output === null && isTerminal();
      const color = terminal && !noColor && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
      const { createTextReporter } = await import('../report/text.js');
      return createTextReporter({ color, quiet, width: terminal ? terminalWidth() : 100 });
    }
  }
}

/** Not `tty.isatty`: loading node:tty is a tenth of the start-up. */
export function isTerminal(): boolean {
  try {
    const output = fstatSync(1);
    return output.isCharacterDevice() && output.rdev !== nullDevice();
  } catch {
    return false; // standard output is closed
  }
}

/** Null where the system does not tell: what cannot be told from a terminal is one. */
function nullDevice(): number | null {
  try {
    return statSync(process.getBuiltinModule('node:os').devNull).rdev;
  } catch {
    return null;
  }
}

export const terminalWidth = (): number => process.stdout.columns ?? 100;

/** The reporter for a format, loaded when it is asked for; those that nearly every run asks for are always there. */
import { screenFor } from '../files/terminal.js';
import type { Reporter } from '../report/model.js';
import { createMsbuildReporter } from '../report/msbuild.js';
import { createTextReporter } from '../report/text.js';
import { VERSION } from '../version.js';
import type { Settings } from './settings.js';

export async function createReporter(settings: Settings): Promise<Reporter> {
  const { format, quiet, targetOs } = settings;
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
    case 'text':
      return createTextReporter({ ...screenFor(settings), quiet });
  }
}

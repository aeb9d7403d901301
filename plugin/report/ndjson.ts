/** One JSON object a line: `"type": "image"` as soon as an image is done, `"type": "summary"` at the end. */
import { closingContract, imageContract, summaryContract, toolContract } from './contract.js';
import { stringifyJson } from './escape.js';
import type { Reporter } from './model.js';

/** Schema version of the lines; the same as that of the JSON report, whose objects they hold. */
const SCHEMA_VERSION = 1;
const IMAGE = `{"type":"image","schemaVersion":${SCHEMA_VERSION},`;

export function createNdjsonReporter(): Reporter {
  return {
    image({ report }) {
      // The object is not spread into another one: that costs as much as to make its text.
      return `${IMAGE}${stringifyJson(imageContract(report)).slice(1)}\n`;
    },
    end(report) {
      const summary = {
        type: 'summary',
        schemaVersion: report.schemaVersion,
        tool: toolContract(report.tool),
        targetOs: report.targetOs,
        summary: summaryContract(report.summary),
        ...closingContract(report),
      };
      return `${stringifyJson(summary)}\n`;
    },
  };
}

/** The JSON report: one object, schema version 1, two spaces of indentation. */
import { imageContract, interruptedContract, summaryContract, toolContract } from './contract.js';
import { stringifyJson } from './escape.js';
import type { Reporter } from './model.js';

/** `image` returns ''; the whole report comes from `end`. */
export function createJsonReporter(): Reporter {
  const images: object[] = [];
  return {
    image({ report }) {
      images.push(imageContract(report));
      return '';
    },
    end(report) {
      const contract = {
        schemaVersion: report.schemaVersion,
        tool: toolContract(report.tool),
        targetOs: report.targetOs,
        images,
        summary: summaryContract(report.summary),
        ...interruptedContract(report),
      };
      return `${stringifyJson(contract, 2)}\n`;
    },
  };
}

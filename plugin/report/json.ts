/** The JSON report: one object, schema version 1, two spaces of indentation. Streamed: what was reported is not kept. */
import { closingContract, imageContract, summaryContract, toolContract } from './contract.js';
import { stringifyJson } from './escape.js';
import type { Report, Reporter } from './model.js';

/** What stands before the images is known from the start; so the report of half a run lacks its end, and is no JSON. */
export type JsonHead = Pick<Report, 'schemaVersion' | 'tool' | 'targetOs'>;

export function createJsonReporter({ schemaVersion, tool, targetOs }: JsonHead): Reporter {
  const head = stringifyJson({ schemaVersion, tool: toolContract(tool), targetOs }, 2).replace(/\n\}$/, ',\n');
  let images = 0;
  return {
    image({ report }) {
      const before = images++ === 0 ? `${head}  "images": [\n` : ',\n';
      return `${before}    ${nested(imageContract(report), 4)}`;
    },
    end(report) {
      const before = images === 0 ? `${head}  "images": [],\n` : '\n  ],\n';
      const closing = { summary: summaryContract(report.summary), ...closingContract(report) };
      return `${before}${stringifyJson(closing, 2).replace(/^\{\n/, '')}\n`;
    },
  };
}

/** Line breaks inside a string are escaped, so every one that is left is the layout's. */
const nested = (value: object, indent: number): string =>
  stringifyJson(value, 2).replaceAll('\n', `\n${' '.repeat(indent)}`);

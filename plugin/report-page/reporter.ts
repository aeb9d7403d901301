/** The page as a reporter: it takes images one by one, and gives the whole page at the end. */
import type { Reporter } from '../report/model.js';
import { offWords } from '../report/wording.js';
import { type PageOptions, ReportPage } from './page.js';

export function createPageReporter(options: PageOptions, remarks: readonly string[]): Reporter {
  const page = new ReportPage(options);
  return {
    image({ report }) {
      page.add(report);
      return '';
    },
    end: ({ interrupted, rulesOff }) =>
      page.html([
        ...remarks,
        ...(rulesOff === undefined ? [] : [offWords(rulesOff)]),
        ...(interrupted === undefined ? [] : [`The check was interrupted after ${interrupted.done} images.`]),
      ]),
  };
}

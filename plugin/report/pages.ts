/** The rules' pages: the Markdown beside each rule, for `explain` and for SARIF's help. */
import pageTexts from './page-texts.js';

/** Markdown of the page for a rule code; '' where there is none. */
export const pageOf = (code: string): string => pageTexts[code] ?? '';

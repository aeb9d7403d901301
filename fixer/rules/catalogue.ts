/** All rules. A rule that is not listed in one of the two catalogues does not exist. */
import { codeRules } from './code-catalogue.js';
import { imageRules } from './image-catalogue.js';
import type { Rule } from './rule.js';

export const rules: readonly Rule[] = [...imageRules, ...codeRules];

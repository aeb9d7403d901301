/**
 * The rules that read the code, in the order in which they report. Apart from the others, because they bring the DDI
 * catalogue with them, which a run without code must not load.
 */
import type { CodeEngine } from '../code/facts.js';
import type { Image } from '../pe/image.js';
import { type CodeView, viewCode } from './code-view.js';
import { executableSectionObject } from './executable-section-object.js';
import { executePageMapping } from './execute-page-mapping.js';
import { executePageProtection } from './execute-page-protection.js';
import { executePoolType } from './execute-pool-type.js';
import { impactedDdi } from './impacted-ddi.js';
import { nxPoolOptInMissing } from './nx-pool-opt-in-missing.js';
import type { Rule } from './rule.js';
import { writesExecutableMemory } from './writes-executable-memory.js';

export const codeRules: readonly Rule[] = [
  executePoolType,
  executePageProtection,
  executePageMapping,
  nxPoolOptInMissing,
  writesExecutableMemory,
  executableSectionObject,
  impactedDdi,
];

/** What `check` needs to read code; made by `readingCode`. */
export interface CodeReading {
  readonly rules: readonly Rule[];
  view(image: Image): CodeView;
  /** See `CodeEngine`. */
  carryOver(from: Image, to: Image): void;
}

export const readingCode = (engine: CodeEngine): CodeReading => ({
  rules: codeRules,
  view: (image) => viewCode(image, engine),
  carryOver: engine.carryOver,
});

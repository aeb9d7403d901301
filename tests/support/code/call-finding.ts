/** What a rule on calls must report of a driver of code-driver.ts. */
import type { Effect, FindingData, Severity } from '../../../fixer/rules/finding.js';
import type { BuiltImage } from '../image-builder.js';
import type { ExpectedFinding } from '../rule-tester.js';
import { type CodeDriver, positionOf } from './code-driver.js';

export interface ExpectedCall {
  /** Index of the part that is the call. */
  readonly part: number;
  readonly ddi: string;
  readonly parameter: string;
  readonly outcome: string;
  readonly values: readonly number[];
  readonly names: readonly string[];
  readonly tag?: string;
  readonly severity: Severity;
  readonly effect?: Effect;
  readonly message: readonly string[];
  readonly hint: readonly string[];
}

/** The call is one of 6 bytes, in a function that starts where .text does. */
export function callFinding(image: BuiltImage, driver: CodeDriver, expected: ExpectedCall): ExpectedFinding {
  const text = image.section('.text');
  const at = positionOf(driver, expected.part);
  const data: FindingData = {
    ddi: expected.ddi,
    parameter: expected.parameter,
    outcome: expected.outcome,
    values: expected.values,
    valueNames: expected.names,
    returnRva: text.rva + at + 6,
    functionRva: text.rva,
    tag: expected.tag ?? null,
    chain: [text.rva + at],
    globals: [],
    source: null,
  };
  return {
    severity: expected.severity,
    effect: expected.effect ?? 'reported-by-verifier',
    section: '.text',
    field: null,
    offset: text.offset + at,
    length: 6,
    rva: text.rva + at,
    data,
    fix: 'none',
    message: expected.message,
    hint: expected.hint,
  };
}

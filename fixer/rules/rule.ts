/** The contract of a rule: what it declares, what it is given, what it may say. A rule never changes bytes. */
import type { Image } from '../pe/image.js';
import type { CodeView } from './code-view.js';
import type { Effect, Finding, FixCapability, Severity } from './finding.js';
import type { SourceLine } from './source-line.js';
import type { TargetOs } from './target-os.js';

export interface RuleMeta {
  /** `HVCI2003`. Codes are never reused. */
  readonly code: string;
  /** States the defect: `execute-write-section`. The page beside the rule has the same name, `.md`. */
  readonly name: string;
  /** One line for lists and SARIF. */
  readonly title: string;
  /** The usual severity and effect; a finding may carry another, as design.md's table says. */
  readonly severity: Severity;
  readonly effect: Effect;
  /** The most that a finding of this rule may claim; the rule tester holds rules to it. */
  readonly fix: FixCapability;
  /** Driver Verifier's code (bug check 0xC4, parameter 1), or null where it has none. */
  readonly verifierCode: number | null;
}

/** Why a rule had nothing to look at; the only reasons there are. */
export type NotApplicable =
  | 'no-base-relocations'
  | 'no-imports'
  | 'no-certificate-table'
  | 'no-sections'
  /** The image imports nothing of the catalogue, so its code was not looked at. */
  | 'no-listed-ddi'
  /** The code rules were left out (`--no-code`, or no engine was given). */
  | 'code-not-examined';

/** Names an rva from debug information; null where none is known. */
export type SymbolLookup = (rva: number) => string | null;

/** The source line of the instruction at an rva; null where debug information does not tell. */
export type LineLookup = (rva: number) => SourceLine | null;

export interface RuleContext {
  readonly image: Image;
  readonly targetOs: TargetOs;
  readonly symbolAt: SymbolLookup;
  readonly lineAt: LineLookup;
  /** What the code says; analysed when the first rule asks. */
  readonly code: CodeView;
  /** True where the user takes what a rule listed before this one says of `field` as it is: then no fix touches it. */
  isAccepted(code: string, field: string): boolean;
  /** `severity`, `effect` and `fix` default to the rule's meta. */
  report(finding: FindingDraft): void;
  /** The structure this rule needs cannot be parsed. */
  undetermined(reason: string): void;
  notApplicable(reason: NotApplicable): void;
}

export type FindingDraft = Pick<Finding, 'message' | 'hint'> &
  Partial<Omit<Finding, 'code' | 'name' | 'message' | 'hint'>>;

export interface Rule {
  readonly meta: RuleMeta;
  check(context: RuleContext): void;
}

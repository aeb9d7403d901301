/**
 * The data that the page holds, as JSON in an inert script element. Texts that repeat are numbers into `texts`; texts
 * from files are already on one line, with every control and bidirectional character spelled out.
 */

/** Worst first. `anyway`: refused, and memory integrity has no part in it. `doubtful`: may be refused. `exempt`: no driver, or no memory integrity on that machine. */
export const LOAD_VERDICTS = [
  'refused',
  'crash',
  'anyway',
  'strict',
  'doubtful',
  'undecided',
  'unreadable',
  'loads',
  'exempt',
] as const;
export type LoadVerdict = (typeof LOAD_VERDICTS)[number];

export const VERIFIER_VERDICTS = ['reports', 'unknown', 'silent', 'exempt'] as const;
export type VerifierVerdict = (typeof VERIFIER_VERDICTS)[number];

export type SeverityIndex = 0 | 1 | 2;

export interface PageData {
  readonly tool: string;
  /** null: results of other machines, each with a target of its own. */
  readonly targetOs: string | null;
  /** False: the code rules did not run. null: not known. */
  readonly codeRead: boolean | null;
  readonly texts: readonly string[];
  readonly rules: readonly RuleRecord[];
  /** The machines of a merge; empty where the drivers were checked here. */
  readonly hosts: readonly string[];
  /** What is to be said about the inputs: a file that was cut off, for one. */
  readonly remarks: readonly string[];
  readonly drivers: readonly DriverRecord[];
}

export interface RuleRecord {
  readonly code: string;
  readonly name: string;
  readonly title: string;
  /** Driver Verifier's code, `0x2003`. */
  readonly verifier: string | null;
}

export interface DriverRecord {
  readonly path: string;
  /** Where in `path` the file's name begins: a spelled-out character has a backslash too. */
  readonly nameAt: number;
  readonly size: number;
  readonly arch: string;
  /** `x64 driver`. */
  readonly kind: number;
  readonly signed: boolean;
  readonly load: LoadVerdict;
  readonly verifier: VerifierVerdict;
  /** Findings that count: errors, warnings, information. */
  readonly counts: readonly [number, number, number];
  readonly findings: readonly FindingRecord[];
  /** Findings that are not in `findings`, because there are too many. */
  readonly more?: number;
  readonly undetermined?: readonly { readonly code: string; readonly reason: number }[];
  readonly notes?: readonly number[];
  readonly error?: string;
  readonly sha256?: string;
  /** Indices into `hosts`. */
  readonly hosts?: readonly number[];
  readonly map?: MapRecord;
}

export interface FindingRecord {
  /** Index into `rules`. */
  readonly rule: number;
  readonly severity: SeverityIndex;
  readonly effect: number;
  readonly message: number;
  readonly hint: number;
  readonly section?: string;
  readonly field?: number;
  readonly offset?: number;
  readonly length?: number;
  readonly rva?: number;
  readonly symbol?: string;
  readonly fix?: 'safe' | 'opt-in';
  /** It counts for nothing, and why: accepted by the configuration, in the baseline, or fixed. */
  readonly aside?: number;
}

export interface MapRecord {
  readonly alignment: number;
  readonly headers: number;
  readonly image: number;
  /** Name, rva, bytes in memory, characteristics. */
  readonly sections: readonly (readonly [string, number, number, number])[];
  /** rva and length. */
  readonly iat: readonly (readonly [number, number])[];
  readonly straddles: readonly number[];
  /** Page and number of call sites in it: of all findings, also those that the page has no room for. */
  readonly calls: readonly (readonly [number, number])[];
  /** Sections that are not in `sections`, because there are too many. */
  readonly moreSections?: number;
  readonly edits: readonly EditRecord[];
  readonly refusals: readonly number[];
}

export interface EditRecord {
  readonly offset: number;
  readonly field: string;
  readonly section?: string;
  readonly cause: string;
  /** Hex in file order. */
  readonly before: string;
  readonly after: string;
  readonly what: number;
}

/** What a rule says about an image. Plain data: reporters, the plan and the JSON contract all read these. */

export type Severity = 'error' | 'warning' | 'info';
export type SeveritySetting = Severity | 'off';

/** Two verdicts, kept apart: whether Windows loads the driver, and whether Driver Verifier or the HLK complains. */
export type Effect =
  | 'refused-at-load'
  | 'refused-in-strict-mode'
  | 'reported-by-verifier'
  | 'crash-at-run-time'
  | 'hygiene';

/** `safe`: `fix` does it. `opt-in`: only when the user names the section. `none`: relink or change the source. */
export type FixCapability = 'safe' | 'opt-in' | 'none';

export type FindingData = {
  readonly [key: string]:
    | string
    | number
    | boolean
    | null
    | FindingData
    | readonly FindingData[]
    | readonly string[]
    | readonly number[];
};

export interface Finding {
  /** `HVCI2003`; never reused for another defect. */
  readonly code: string;
  /** The defect's name: `execute-write-section`. */
  readonly name: string;
  readonly severity: Severity;
  readonly effect: Effect;
  /** What is wrong, where, and why it matters under memory integrity. May hold hostile text from the file. */
  readonly message: string;
  /** What to do: the linker option or source change. */
  readonly hint: string;
  /** Section name as in the header (long names resolved), or null. Hostile text. */
  readonly section: string | null;
  /** Path of the field in winnt.h's terms, `sections[3].characteristics`, or null. */
  readonly field: string | null;
  /** File offset and length in bytes of what is wrong; 0, 0 is never used for "nowhere": then both are null. */
  readonly offset: number | null;
  readonly length: number | null;
  readonly rva: number | null;
  /** Symbol from a PDB or a .map, where one was given. Hostile text. */
  readonly symbol: string | null;
  /** Rule-specific facts, JSON-safe. */
  readonly data: FindingData;
  readonly fix: FixCapability;
}

/** A rule that could not decide, because a structure it needs cannot be parsed. Never counts as passed. */
export interface Undetermined {
  readonly code: string;
  readonly reason: string;
}

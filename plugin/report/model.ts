/** The JSON report, schema version 1: the contract every reporter reads from (design.md, "The JSON report"). */
import type { Anomaly } from '../../fixer/pe/errors.js';
import type { Finding, Undetermined } from '../../fixer/rules/finding.js';
import type { BaselineEntry } from '../baseline/entry.js';

export type Outcome = 'none' | 'planned' | 'fixed' | 'refused';

export interface ReportedFinding extends Finding {
  readonly outcome: Outcome;
  /** Why a fix was refused and what to do instead; null unless `outcome` is `refused`. */
  readonly refusal: string | null;
  /** Set when the configuration suppresses this finding; it then counts for nothing. Only present when suppressed. */
  readonly suppressed?: { readonly reason: string };
  /** Only present when a baseline was given: whether it holds this finding, which then counts for nothing. */
  readonly baselined?: boolean;
}

/** One row of the section table in the text report. */
export interface SectionRow {
  readonly name: string;
  readonly rva: number;
  readonly virtualSize: number;
  readonly offset: number;
  readonly sizeOfRawData: number;
  readonly characteristics: number;
}

export type ImageStatus = 'clean' | 'findings' | 'undetermined' | 'unreadable' | 'not-applicable';

export interface ImageReport {
  readonly path: string;
  /** The .cab or .zip that holds the image, whose path is then `ARCHIVE!PATH`; absent for a file. */
  readonly archive?: string;
  readonly sha256: string | null;
  readonly size: number;
  readonly machine: 'x64' | 'x86' | 'arm64' | 'arm' | 'ia64' | 'unknown';
  readonly kind: 'driver' | 'native-application' | 'user-mode' | 'efi' | 'not-pe';
  readonly signed: boolean;
  readonly status: ImageStatus;
  readonly findings: readonly ReportedFinding[];
  readonly undetermined: readonly Undetermined[];
  readonly coverage: { readonly callSites: number; readonly resolved: number; readonly notes: readonly string[] };
  /** Present only when `status` is `unreadable`, or a fix could not be written. */
  readonly error?: {
    readonly code: string;
    readonly path: string;
    readonly offset: number | null;
    readonly message: string;
  };
  /** Path of the first image of the run with the same bytes, a file or a member of an archive; absent for that first one. */
  readonly duplicateOf?: string;
  /** What the loader tolerates and a reader should know; present only when there is any. */
  readonly anomalies?: readonly Anomaly[];
  /** How the bytes stand to what signs them; present with --hashes and for images of a driver package. */
  readonly authenticode?: AuthenticodeReport;
  /** What `fix` did or would do to this file; present for the `fix` command only. */
  readonly plan?: PlanReport;
  /** Present with `--page-map` only. */
  readonly pageMap?: PageMap;
  /** The machines whose results say so; present after a merge of several machines' results only. */
  readonly machines?: readonly string[];
}

/** What a drawing of the image's pages needs, and the fix that `fix` would plan. Sizes and rvas in bytes. */
export interface PageMap {
  readonly sectionAlignment: number;
  readonly sizeOfHeaders: number;
  readonly sizeOfImage: number;
  readonly sections: readonly PageMapSection[];
  /** Sections that are not in `sections`: Windows loads no image with so many. */
  readonly moreSections?: number;
  /** Where the import address table lies; several ranges where no data directory names it. */
  readonly iat: readonly { readonly rva: number; readonly length: number }[];
  /** rvas of the first relocations that straddle a page. */
  readonly straddles: readonly number[];
  /** Planned; `fix` itself checks it again before it writes. */
  readonly edits: readonly EditReport[];
  readonly refusals: PlanReport['refusals'];
}

export interface PageMapSection {
  readonly name: string;
  readonly rva: number;
  /** In memory. */
  readonly size: number;
  readonly characteristics: number;
}

/** Hashes are lower-case hex, of the bytes that Authenticode covers. */
export interface AuthenticodeReport {
  readonly sha1: string;
  readonly sha256: string;
  /** The digests in embedded signatures; usually none or one. */
  readonly embedded: readonly { readonly algorithm: string; readonly hash: string; readonly matches: boolean }[];
  /** Catalogs that list one of the hashes. */
  readonly catalogs: readonly string[];
}

export interface PlanReport {
  /** `planned`: --dry-run. `fixed`: written to `writtenTo`. `unchanged`: nothing to do. `refused`: see `refusals`. */
  readonly outcome: 'planned' | 'fixed' | 'unchanged' | 'refused';
  /** A refusal that counts: exit status 1. What cannot be fixed and is information only (32-bit drivers) does not. */
  readonly failed: boolean;
  readonly writtenTo: string | null;
  readonly backup: string | null;
  readonly edits: readonly EditReport[];
  /** Where the fixed file ends, if not where the file did: a signature at its end is removed. A new one comes behind that. */
  readonly truncateTo?: number;
  readonly refusals: readonly { readonly code: string; readonly section: string | null; readonly message: string }[];
  /** "no store examined", "signature removed", "symbol server key unchanged" and the like. */
  readonly notes: readonly string[];
}

export interface EditReport {
  readonly offset: number;
  readonly length: number;
  readonly field: string;
  readonly section: string | null;
  /** Rule code the edit is for. */
  readonly cause: string;
  /** Hex, as in the file: "e2000020" is never byte-swapped. */
  readonly before: string;
  readonly after: string;
  readonly description: string;
}

export interface Report {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: 'hvci-fix'; readonly version: string };
  readonly targetOs: string;
  readonly images: readonly ImageReport[];
  readonly summary: {
    readonly images: number;
    readonly clean: number;
    /** Findings of that severity that are left: neither fixed nor suppressed. */
    readonly errors: number;
    readonly warnings: number;
    /** Findings fixed, findings whose fix was refused. */
    readonly fixed: number;
    readonly refused: number;
    readonly unreadable: number;
  };
  /** Present only when the run was stopped by a signal before its end: `images` are those that were done. */
  readonly interrupted?: Interrupted;
  /** What the baseline holds and the images no longer have; only present when a baseline was given. */
  readonly absent?: readonly BaselineEntry[];
  /** Codes of the rules that the options or the configuration switch off; only present where there is one. */
  readonly rulesOff?: readonly string[];
}

export interface Interrupted {
  readonly signal: 'SIGINT' | 'SIGTERM';
  /** Images done; `total` is null where counting the rest would have taken too long. */
  readonly done: number;
  readonly total: number | null;
}

/** What reporters are given for each image: the contract's object, and the section table that only text shows. */
export interface ImageResult {
  readonly report: ImageReport;
  /** The path stood on the command line; a file met in a folder fails nothing by being unreadable. */
  readonly named: boolean;
  readonly sections: readonly SectionRow[];
}

/**
 * Turns results into text, by and by: `image` returns what can be written already, `end` the rest. A format may be whole
 * only with its end.
 */
export interface Reporter {
  image(result: ImageResult): string;
  end(report: Omit<Report, 'images'>): string;
}

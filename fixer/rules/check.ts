/** Runs the rules over an image and applies what stands above a single rule: the 32-bit cap and the user's severities. */
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { type ImageKind, kindOf } from '../pe/kind.js';
import { hasMemoryIntegrity } from '../pe/machine.js';
import type { CodeReading } from './code-catalogue.js';
import type { CodeView } from './code-view.js';
import { CODE_RULE_CODES } from './codes.js';
import type { Finding, Severity, SeveritySetting, Undetermined } from './finding.js';
import { imageRules } from './image-catalogue.js';
import type { FindingDraft, LineLookup, NotApplicable, Rule, RuleContext, SymbolLookup } from './rule.js';
import { OLDEST_TARGET_OS, TARGET_OS_NAMES, type TargetOs } from './target-os.js';

export interface CheckOptions {
  /** Default `1507`, the oldest Windows with memory integrity. */
  readonly targetOs?: TargetOs;
  /** By rule code. `off`: the rule does not run. Stands above the 32-bit cap and a rule's own choice. */
  readonly severities?: Readonly<Record<string, SeveritySetting>>;
  /** Names rvas; default: nothing is named. */
  readonly symbolAt?: SymbolLookup;
  /** Tells source lines; default: none is known. */
  readonly lineAt?: LineLookup;
  /** Reads code for HVCI2000 to 2002 and 3003 to 3006; without it they do not run. `readingCode(engine)` makes it. */
  readonly code?: CodeReading;
  /** Findings that the user takes as they are: still reported, but no other finding may count on their being fixed. */
  readonly accepts?: (finding: Finding) => boolean;
  /** Check an image that is no driver as if it were one. */
  readonly treatAs?: 'driver';
}

export interface CheckResult {
  readonly kind: ImageKind;
  /** False where the image is no driver: then no rule ran. */
  readonly applicable: boolean;
  /** It carries a certificate table that can be read. Nobody verified it. */
  readonly signed: boolean;
  readonly findings: readonly Finding[];
  readonly undetermined: readonly Undetermined[];
  readonly notApplicable: readonly { readonly code: string; readonly reason: NotApplicable }[];
  /** Calls of listed DDIs in the code, and how many of them were decided; both 0 where the code was not read. */
  readonly coverage: { readonly callSites: number; readonly resolved: number };
  /** What a reader should know about the verdict as a whole. */
  readonly notes: readonly string[];
}

/** Total: any image gives a result. */
export function check(image: Image, options: CheckOptions = {}): CheckResult {
  const kind = options.treatAs ?? kindOf(image);
  const applicable = kind === 'driver';
  const { certificateTable } = image;
  const { findings, undetermined, notApplicable, coverage, notes } = applicable ? runRules(image, options) : NO_RESULTS;
  return {
    kind,
    applicable,
    signed: certificateTable.ok && certificateTable.value !== null,
    findings,
    undetermined,
    notApplicable,
    coverage,
    notes,
  };
}

type RuleResults = Pick<CheckResult, 'findings' | 'undetermined' | 'notApplicable' | 'coverage' | 'notes'>;

function runRules(image: Image, options: CheckOptions): RuleResults {
  const run = new Run(image, options);
  for (const rule of imageRules) run.check(rule);
  if (image.machine !== 'unknown') for (const rule of options.code?.rules ?? []) run.check(rule);
  return run.results();
}

/**
 * What the rules are given, one object for all of them: a literal with a getter and closures for each rule cost more
 * than the rules themselves.
 */
class Run implements RuleContext {
  readonly image: Image;
  readonly targetOs: TargetOs;
  readonly symbolAt: SymbolLookup;
  readonly lineAt: LineLookup;
  readonly #options: CheckOptions;
  readonly #capped: boolean;
  readonly #isNoRelease: boolean;
  readonly #findings: Finding[] = [];
  readonly #undetermined: Undetermined[] = [];
  readonly #notApplicable: { code: string; reason: NotApplicable }[] = [];
  /** Code and field of findings; forged images have tens of thousands, so none is looked for in the list. */
  #accepted: Set<string> | null = null;
  #rule: Rule | undefined;
  #view: CodeView | undefined;

  constructor(image: Image, options: CheckOptions) {
    this.image = image;
    const { targetOs } = options;
    // Types do not keep a wrong name from JavaScript; the oldest forgives nothing.
    this.#isNoRelease = targetOs !== undefined && !TARGET_OS_NAMES.includes(targetOs);
    this.targetOs = targetOs === undefined || this.#isNoRelease ? OLDEST_TARGET_OS : targetOs;
    this.symbolAt = options.symbolAt ?? namesNothing;
    this.lineAt = options.lineAt ?? knowsNoLine;
    this.#options = options;
    this.#capped = !hasMemoryIntegrity(image.machine);
  }

  get code(): CodeView {
    this.#view ??= this.#options.code?.view(this.image) ?? { kind: 'not-examined' };
    return this.#view;
  }

  isAccepted(code: string, field: string): boolean {
    return this.#options.severities?.[code] === 'off' || this.#accepted?.has(`${code} ${field}`) === true;
  }

  check(rule: Rule): void {
    if (this.#settingOf(rule) === 'off') return;
    this.#rule = rule;
    rule.check(this);
  }

  report(draft: FindingDraft): void {
    const rule = this.#rule as Rule;
    const finding = complete(rule, draft, this.#capped, this.#settingOf(rule));
    this.#findings.push(finding);
    if (this.#options.accepts?.(finding) !== true) return;
    this.#accepted ??= new Set();
    this.#accepted.add(`${finding.code} ${finding.field}`);
  }

  undetermined(reason: string): void {
    this.#undetermined.push({ code: (this.#rule as Rule).meta.code, reason });
  }

  notApplicable(reason: NotApplicable): void {
    this.#notApplicable.push({ code: (this.#rule as Rule).meta.code, reason });
  }

  results(): RuleResults {
    if (this.image.machine === 'unknown') this.#leaveCodeOpen();
    else if (this.#options.code === undefined) this.#notApplicable.push(...CODE_NOT_EXAMINED);
    const coverage = this.#view?.kind === 'facts' ? this.#view.facts.coverage : NO_COVERAGE;
    const { callSites, resolved } = coverage;
    const notes = this.#capped
      ? [`memory integrity does not exist on ${this.image.machine}: findings but HVCI4001 are information only`]
      : [];
    if (this.#isNoRelease)
      notes.push(
        `targetOs ${String(this.#options.targetOs)} is none of ${TARGET_OS_NAMES.join(', ')}: judged for ${OLDEST_TARGET_OS}`,
      );
    if (this.image.sections.length === 0)
      notes.push('the image has no sections: there is nothing but headers to check');
    return {
      findings: this.#findings,
      undetermined: this.#undetermined,
      notApplicable: this.#notApplicable,
      coverage: { callSites, resolved },
      notes: coverage.notes.length === 0 ? notes : [...notes, ...coverage.notes],
    };
  }

  /** Whoever reads no code by choice knows it; of a machine that nobody knows nothing may look decided. */
  #leaveCodeOpen(): void {
    const reason = `machine ${hex(this.image.fileHeader.machine)} is none that hvci-fix knows, so its code was not read; memory integrity exists on x64 and ARM64, and the headers were checked as for those`;
    for (const code of CODE_RULE_CODES)
      if (this.#options.severities?.[code] !== 'off') this.#undetermined.push({ code, reason });
  }

  #settingOf(rule: Rule): SeveritySetting | undefined {
    return this.#options.severities?.[rule.meta.code];
  }
}

/** Of an image that is no driver. */
const NO_RESULTS: RuleResults = {
  findings: [],
  undetermined: [],
  notApplicable: [],
  coverage: { callSites: 0, resolved: 0 },
  notes: [],
};
const CODE_NOT_EXAMINED = CODE_RULE_CODES.map((code) => ({ code, reason: 'code-not-examined' as const }));
const namesNothing: SymbolLookup = () => null;
const knowsNoLine: LineLookup = () => null;
const NO_COVERAGE = { callSites: 0, resolved: 0, notes: [] as readonly string[] };

function complete(rule: Rule, draft: FindingDraft, capped: boolean, setting: SeveritySetting | undefined): Finding {
  const { code, name, severity, effect, fix } = rule.meta;
  // A wrong checksum stops a driver on 32-bit Windows too; the other rules are about memory integrity alone.
  const cap = capped && code !== 'HVCI4001' ? 'info' : undefined;
  // Every member by name: a spread would give each finding a shape of its own, and folders have thousands of findings.
  return {
    code,
    name,
    // A rule that is off does not get here.
    severity: (setting as Severity | undefined) ?? cap ?? draft.severity ?? severity,
    effect: draft.effect ?? effect,
    message: draft.message,
    hint: draft.hint,
    section: draft.section ?? null,
    field: draft.field ?? null,
    offset: draft.offset ?? null,
    length: draft.length ?? null,
    rva: draft.rva ?? null,
    symbol: draft.symbol ?? null,
    data: draft.data ?? {},
    fix: draft.fix ?? fix,
  };
}

/** Runs the rules over an image and applies what stands above a single rule: the 32-bit cap and the user's severities. */
import type { Image } from '../pe/image.js';
import { type ImageKind, kindOf } from '../pe/kind.js';
import { hasMemoryIntegrity } from '../pe/machine.js';
import type { CodeReading } from './code-catalogue.js';
import type { CodeView } from './code-view.js';
import { CODE_RULE_CODES } from './codes.js';
import type { Finding, Severity, SeveritySetting, Undetermined } from './finding.js';
import { imageRules } from './image-catalogue.js';
import type { FindingDraft, LineLookup, NotApplicable, Rule, SymbolLookup } from './rule.js';
import { OLDEST_TARGET_OS, type TargetOs } from './target-os.js';

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
  const { certificateTable } = image;
  const signed = certificateTable.ok && certificateTable.value !== null;
  const result = {
    kind,
    applicable: kind === 'driver',
    signed,
    findings: [],
    undetermined: [],
    notApplicable: [],
    coverage: { callSites: 0, resolved: 0 },
    notes: [],
  };
  return kind === 'driver' ? { ...result, ...runRules(image, options) } : result;
}

function runRules(
  image: Image,
  options: CheckOptions,
): Pick<CheckResult, 'findings' | 'undetermined' | 'notApplicable' | 'coverage' | 'notes'> {
  const findings: Finding[] = [];
  const undetermined: Undetermined[] = [];
  const notApplicable: { code: string; reason: NotApplicable }[] = [];
  const capped = !hasMemoryIntegrity(image.machine);
  let view: CodeView | undefined;
  const codeOnce = (): CodeView => {
    view ??= options.code?.view(image) ?? { kind: 'not-examined' };
    return view;
  };
  for (const rule of [...imageRules, ...(options.code?.rules ?? [])]) {
    const { code } = rule.meta;
    const setting = options.severities?.[code];
    if (setting === 'off') continue;
    rule.check({
      image,
      targetOs: options.targetOs ?? OLDEST_TARGET_OS,
      symbolAt: options.symbolAt ?? (() => null),
      lineAt: options.lineAt ?? (() => null),
      get code() {
        return codeOnce();
      },
      report: (draft) => findings.push(complete(rule, draft, capped, setting)),
      undetermined: (reason) => undetermined.push({ code, reason }),
      notApplicable: (reason) => notApplicable.push({ code, reason }),
    });
  }
  if (options.code === undefined) {
    for (const code of CODE_RULE_CODES) notApplicable.push({ code, reason: 'code-not-examined' });
  }
  const notes = capped ? [`memory integrity does not exist on ${image.machine}: findings are information only`] : [];
  const coverage = view?.kind === 'facts' ? view.facts.coverage : { callSites: 0, resolved: 0, notes: [] };
  const { callSites, resolved } = coverage;
  return {
    findings,
    undetermined,
    notApplicable,
    coverage: { callSites, resolved },
    notes: [...notes, ...coverage.notes],
  };
}

function complete(rule: Rule, draft: FindingDraft, capped: boolean, setting: Severity | undefined): Finding {
  const { code, name, severity, effect, fix } = rule.meta;
  // A wrong checksum stops a driver on 32-bit Windows too; the other rules are about memory integrity alone.
  const cap = capped && code !== 'HVCI4001' ? 'info' : undefined;
  // Every member by name: a spread would give each finding a shape of its own, and folders have thousands of findings.
  return {
    code,
    name,
    severity: setting ?? cap ?? draft.severity ?? severity,
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

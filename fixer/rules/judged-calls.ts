/** What the rules on calls have in common: where a call is, what it passes, and through whom. */

import { shownPoolTag } from '../code/ddi/pool-tag.js';
import { valueName } from '../code/ddi/predicates.js';
import type { JudgedCall } from '../code/facts.js';
import { hex } from '../pe/hex.js';
import { codeFactsFor } from './code-facts.js';
import type { Severity } from './finding.js';
import type { FindingDraft, RuleContext } from './rule.js';
import { inWords, sourceData } from './source-line.js';

export interface Wording {
  /** What the value asks for: `which is executable`. */
  readonly defect: string;
  /** Driver Verifier's code as it prints it, or null. */
  readonly verifier: string | null;
  hint(call: JudgedCall): string;
  /** Of several values one is what newer Windows has: true where this is not said. */
  isForOlderWindows?(call: JudgedCall): boolean;
}

/** Reports the calls that a rule of this code judges, and leaves open those that are undetermined. */
export function reportCalls(context: RuleContext, code: string, wording: Wording): void {
  const facts = codeFactsFor(context, code);
  if (facts === null) return;
  const calls = facts.calls.filter(({ judged }) => judged.rule === code);
  for (const call of calls) {
    const draft = draftOf(context, call, wording);
    if (draft !== null) context.report(draft);
  }
  const open = calls.filter(({ outcome }) => outcome === 'undetermined');
  if (open.length > 0)
    context.undetermined(`${open.length} of ${calls.length} calls could not be decided: ${openInWords(context, open)}`);
}

/** Calls that are named; more would hide what else there is to say. */
const MOST_OPEN = 4;

/** `at rva 0x1ed1 and 0x1f10 (ExAllocatePoolWithTag, PoolType): the value ...; and 3 more`. */
function openInWords(context: RuleContext, open: readonly JudgedCall[]): string {
  const places = new Map<string, string[]>();
  for (const { rva, ddi, judged, reason } of open.slice(0, MOST_OPEN)) {
    const why = `(${ddi.name}, ${judged.parameter}): ${reason ?? 'unknown'}`;
    places.set(why, [...(places.get(why) ?? []), `${hex(rva)}${inWords(context, rva)}`]);
  }
  const listed = (rvas: readonly string[]): string =>
    rvas.length < 2 ? rvas.join() : `${rvas.slice(0, -1).join(', ')} and ${rvas.at(-1)}`;
  const named = [...places].map(([why, rvas]) => `at rva ${listed(rvas)} ${why}`);
  const more = open.length - MOST_OPEN;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function draftOf(context: RuleContext, call: JudgedCall, wording: Wording): FindingDraft | null {
  const severity = severityOf(call);
  if (severity === null) return null;
  const { image } = context;
  const section = image.addressSpace.sectionAt(call.rva);
  const offset = image.addressSpace.offsetOf(call.rva);
  return {
    severity,
    message: messageOf(call, context, wording),
    hint: `${wording.hint(call)}.`,
    section: section?.name ?? null,
    offset,
    length: offset === null ? null : call.length,
    rva: call.rva,
    symbol: context.symbolAt(call.rva),
    data: {
      ddi: call.ddi.name,
      parameter: call.judged.parameter,
      outcome: call.outcome,
      values: call.values,
      valueNames: call.values.map((value) => valueName(call.judged.kind, value)),
      returnRva: call.returnRva,
      functionRva: call.function,
      tag: call.tag,
      chain: call.chain.map(({ rva }) => rva),
      globals: call.globals,
      source: sourceData(context.lineAt(call.rva)),
    },
  };
}

/** Null: nothing to say. What only some values or a variable decide is information. */
function severityOf({ outcome, judged, isVolumeContext, values }: JudgedCall): Severity | null {
  switch (outcome) {
    case 'violation':
      if (isVolumeContext) return 'warning';
      // SECTION_ALL_ACCESS holds the right to map for execution, and nearly nobody means that part of it.
      if (judged.kind === 'section-access' && values.every((value) => value === 0xf001f)) return 'info';
      return judged.severity;
    case 'conditional':
    case 'default-only':
    case 'user-mode':
      return 'info';
    default:
      return null;
  }
}

function messageOf(call: JudgedCall, context: RuleContext, wording: Wording): string {
  const { defect, verifier } = wording;
  const { ddi, judged, values, outcome, chain, returnRva, tag } = call;
  const names = values.map((value) => valueName(judged.kind, value)).join(' or ');
  const place = (rva: number): string => `${hex(rva)}${inWords(context, rva)}`;
  const where = `at rva ${place(call.rva)}`;
  // Nobody wrote the jumps that linkers add.
  const links = chain.filter(({ isThunk }) => !isThunk);
  const through =
    links.length > 1
      ? ` The call goes through ${links.length === 2 ? 'a wrapper' : `${links.length - 1} wrappers`}: ${links.map(({ rva }) => place(rva)).join(' -> ')}.`
      : '';
  const tagged = tag === null ? '' : ` (pool tag ${shownPoolTag(tag)})`;
  const reported =
    verifier === null
      ? ''
      : ` Driver Verifier would report ${verifier}${returnRva === null ? '' : ` with return address rva ${hex(returnRva)}`} if this call is reached.`;
  switch (outcome) {
    case 'conditional':
      return `${ddi.name} ${where} is passed ${judged.parameter} ${names}${tagged}: not all of them are safe. The value depends on a condition at run time${wording.isForOlderWindows?.(call) === false ? '' : ', so this may be meant for older Windows'}.${through}`;
    case 'default-only':
      return `${ddi.name} ${where} takes ${judged.parameter} from a variable at rva ${call.globals.map(hex).join(', ')} that only ever holds ${names}, as far as stores to it are seen${tagged}.${through}`;
    case 'user-mode':
      return `${ddi.name} ${where} maps for user mode with ${judged.parameter} ${names}: such a mapping is never executable, so the missing MdlMappingNoExecute makes no difference.${through}`;
    default:
      return `${ddi.name} ${where} is passed ${judged.parameter} ${names}, ${defect}${tagged}.${through}${reported}`;
  }
}

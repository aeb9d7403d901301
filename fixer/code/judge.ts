/** From a value to an outcome. */

import { hex } from '../pe/hex.js';
import type { Atom } from './atom.js';
import type { JudgedArgument } from './ddi/ddi.js';
import { type Judgement, judgeBits, judgeValue } from './ddi/predicates.js';
import type { Outcome } from './facts.js';
import type { GlobalFacts, Globals } from './globals.js';
import type { Origin } from './origin.js';
import { knownBits, type Value } from './value.js';

export interface Judged {
  readonly outcome: Outcome;
  readonly values: readonly number[];
  readonly globals: readonly number[];
  readonly reason: string | null;
}

const undetermined = (reason: string, values: readonly number[] = [], globals: readonly number[] = []): Judged => ({
  outcome: 'undetermined',
  values,
  globals,
  reason,
});

/** @param accessMode value of the KPROCESSOR_MODE argument, for kinds that have one */
export function judge(argument: JudgedArgument, value: Value, accessMode: Value | null, globals: Globals): Judged {
  const result = judgeArgument(argument, value, globals);
  if (
    accessMode === null ||
    result.outcome === 'ok' ||
    result.outcome === 'opt-in' ||
    result.outcome === 'undetermined'
  )
    return result;
  const { ones, zeros } = knownBits(accessMode);
  if ((ones & 0xff) !== 0) return { ...result, outcome: 'user-mode' };
  if ((zeros & 0xff) === 0xff) return result;
  return undetermined('whether the mapping is for kernel or user mode is not known', result.values, result.globals);
}

function judgeArgument(argument: JudgedArgument, value: Value, globals: Globals): Judged {
  const { kind } = argument;
  if (value.atoms === null) {
    const judgement = judgeBits(kind, value.ones, value.zeros);
    // What only certain bits show to be a violation is not a value that a reader could check.
    return judgement === 'ok'
      ? { outcome: 'ok', values: [], globals: [], reason: null }
      : undetermined('the value is computed in a way that is not followed');
  }
  const seen = new Set<Judgement>();
  const values: number[] = [];
  const used: GlobalFacts[] = [];
  let fromGlobal = false;
  // A variable makes safe what comes from it, and nothing else.
  let isFixed = false;
  for (const atom of value.atoms) {
    const found = judgeAtom(argument, atom, globals);
    if (found.reason !== null)
      return undetermined(
        found.reason,
        [...values, ...found.values],
        found.used.map(({ rva }) => rva),
      );
    for (const judgement of found.judgements) seen.add(judgement);
    values.push(...found.values);
    used.push(...found.used);
    fromGlobal ||= found.used.length > 0;
    isFixed ||= found.judgements.includes('violation') && !(found.judgements.includes('ok') && found.isOptIn);
  }
  const distinct = [...new Set(values)];
  const rvas = [...new Set(used.map(({ rva }) => rva))];
  const result = (outcome: Outcome): Judged => ({ outcome, values: distinct, globals: rvas, reason: null });
  if (seen.has('unknown')) return undetermined('the value is none that the argument can have', distinct, rvas);
  if (!seen.has('violation') || !seen.has('ok')) {
    const part = rvas.find((rva) => globals.partOf(rva) !== null);
    if (part === undefined && !seen.has('violation')) return result('ok');
    if (part === undefined) return result(fromGlobal ? 'default-only' : 'violation');
    return undetermined(
      `the variable at rva ${hex(part)} may be part of a structure or table that is written through its address, rva ${hex(globals.partOf(part) ?? 0)}`,
      distinct,
      rvas,
    );
  }
  return result(fromGlobal && !isFixed ? 'opt-in' : 'conditional');
}

interface AtomJudgement {
  /** It comes from a variable that begins unsafe, and that the code makes nothing but safe. */
  readonly isOptIn: boolean;
  readonly judgements: readonly Judgement[];
  readonly values: readonly number[];
  readonly used: readonly GlobalFacts[];
  readonly reason: string | null;
}

function judgeAtom(argument: JudgedArgument, atom: Atom, globals: Globals): AtomJudgement {
  const { kind } = argument;
  const fail = (reason: string, used: readonly GlobalFacts[] = []): AtomJudgement => ({
    isOptIn: false,
    judgements: [],
    values: [],
    used,
    reason,
  });
  const constants = (all: readonly number[]): AtomJudgement => ({
    isOptIn: false,
    judgements: all.map((each) => judgeValue(kind, each)),
    values: all,
    used: [],
    reason: null,
  });
  if (atom.kind === 'constant') return constants([atom.value >>> 0]);
  if (atom.kind === 'wide') return constants([atom.low]);
  if (atom.kind === 'table-entry') {
    const entries = globals.entriesOf(atom);
    if (entries !== null) return constants(entries);
    return fail(`the value is read from a table, rva ${hex(atom.table)}, at an index that is known at run time only`);
  }
  if (atom.kind === 'number') return fail('the value is computed in a way that is not followed');
  if (atom.kind !== 'origins') return fail('the value is an address');
  // A bit that is certain may settle it, whatever the rest is.
  const certain = judgeBits(kind, atom.ones, ~atom.mask & ~atom.ones);
  if (certain === 'ok') return { ...constants([]), judgements: ['ok'] };
  const used: GlobalFacts[] = [];
  let values: number[] = [0];
  let initial = 0;
  const stored: number[] = [];
  for (const origin of atom.origins) {
    const variable = origin.kind === 'shifted' ? origin.of : origin;
    if (variable.kind !== 'global') return fail(originReason(variable));
    const facts = globals.at(variable.rva, Math.min(variable.width, 4));
    used.push(facts);
    if (facts.open !== null) return fail(`it comes from the variable at rva ${hex(variable.rva)}: ${facts.open}`, used);
    const by = origin.kind === 'shifted' ? origin.by : 0;
    initial |= (facts.values[0] ?? 0) << by;
    stored.push(...facts.stored.map((each) => each << by));
    values = [...new Set(values.flatMap((sum) => facts.values.map((each) => (sum | (each << by)) >>> 0)))];
    if (values.length > 64) return fail('the variables that it comes from hold too many values', used);
  }
  const passed = (each: number): number => ((each & atom.mask) | atom.ones) >>> 0;
  const isUnsafe = (each: number): boolean => judgeValue(kind, passed(each)) === 'violation';
  // Of several variables one may be stored without a part that another has.
  // What POOL_NX_OPTIN makes is pool types and priorities; of page protections there is no such convention.
  const isOptIn = kind !== 'page-protection' && isUnsafe(initial) && (used.length > 1 || !stored.some(isUnsafe));
  return { ...constants([...new Set(values.map(passed))]), isOptIn, used };
}

function originReason(origin: Origin): string {
  switch (origin.kind) {
    case 'member':
      return 'the value is read through a pointer';
    case 'result':
      return 'the value is what a call returns';
    case 'moved':
      return 'the value is computed in a way that is not followed';
    case 'import':
      return 'the value is what another module exports';
    default:
      return 'the value is an argument of which not all callers are known';
  }
}

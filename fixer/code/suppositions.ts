/** What a function does where it starts with something given: what callers pass, or addresses that are followed. */
import type { FunctionAnalysis } from './analysis.js';
import type { LowestWrites } from './below.js';
import { type Convention, type Location, PARAMETERS } from './convention.js';
import type { Given } from './entry.js';
import type { Events } from './memory-writes.js';
import type { Callee } from './program.js';
import type { Range } from './ranges.js';
import { PROBE } from './slot.js';
import { eachStackArgument, type Walk } from './stack-arguments.js';
import { join, stackAddress, type Value } from './value.js';
import type { Call, Visitor } from './visitor.js';

/** How a function is gone over where something is supposed. */
export interface Supposition {
  readonly events?: Events | null;
  /** Callees change whatever they have an address of, and what lies below it. */
  readonly isStrict?: boolean;
  /** By the rva of a call of the function: what it returns. */
  readonly returns?: ReadonlyMap<number, Value> | null;
}

/**
 * False where a function that starts with `given` does not come to the instruction at `rva`, as comparisons with what
 * was given tell.
 */
export function reaches(analysis: FunctionAnalysis, rva: number, given: readonly Given[]): boolean {
  if (analysis.gaveUp || !holds(analysis, rva)) return true;
  analysis.learnAll();
  const isReached = analysis.suppose(given, [rva], (walk, blocks) => walk({}, blocks));
  return isReached || analysis.gaveUp;
}

/**
 * What `look` tells of the call at `rva` where the function starts with `given`: null where it does not come there, 'lost'
 * where the function was given up.
 */
export function callUnder<T>(
  analysis: FunctionAnalysis,
  rva: number,
  given: readonly Given[],
  look: (call: Call) => T,
  returns: ReadonlyMap<number, Value> | null = null,
): T | null | 'lost' {
  let told: T | null = null;
  const call = (each: Call): void => {
    if (each.rva === rva) told = look(each);
  };
  analysis.learnAll();
  analysis.suppose(given, [rva], (walk, blocks) => walk({ call }, blocks), { returns });
  return analysis.gaveUp || !holds(analysis, rva) ? 'lost' : told;
}

/** What it returns where it starts with `given`; null where that cannot be told. */
export function returned(
  analysis: FunctionAnalysis,
  given: readonly Given[],
  returns: ReadonlyMap<number, Value> | null = null,
): Value | null {
  let result: Value | null = null;
  // Another function returns for it.
  let isPassedOn = false;
  const visitor = {
    returns: (value: Value): void => {
      result = result === null ? value : join(result, value);
    },
    call: ({ returnRva }: Call): void => {
      isPassedOn ||= returnRva === null;
    },
  };
  // What its callees do with addresses on the stack is not looked into.
  analysis.suppose(given, null, (walk, blocks) => walk(visitor, blocks), { isStrict: true, returns });
  return analysis.gaveUp || isPassedOn ? null : result;
}

/** How far below an address of its own in every parameter it writes; `passed` tells it of callees (null: itself). */
export function lowestWrites(
  analysis: FunctionAnalysis,
  { machine }: Convention,
  passed: (call: Call) => LowestWrites | null,
): LowestWrites {
  const parameters = PARAMETERS[machine];
  const probes = parameters.map((at, index) => ({ at, value: stackAddress(PROBE + index, 0) }));
  const lowest = parameters.map(() => 0);
  const frame = (base: number, offset: number): void => {
    if (base >= PROBE) lowest[base - PROBE] = Math.min(lowest[base - PROBE] ?? 0, offset);
  };
  const nothing = (): void => undefined;
  // What is called back later writes wherever it likes.
  const routine = (): void => void lowest.fill(Number.NEGATIVE_INFINITY);
  const expose = (base: number): void => {
    if (base >= PROBE) lowest[base - PROBE] = Number.NEGATIVE_INFINITY;
  };
  const events = { store: nothing, control: nothing, leak: nothing, frame, routine, expose };
  const look = (call: Call, index: number, base: number, offset: number): void => {
    if (base < PROBE) return;
    const below = passed(call);
    // With what it was given it does the same once more; with anything else each call goes further.
    const goesFurther = below === null && (base !== PROBE + index || offset < 0);
    frame(base, goesFurther ? Number.NEGATIVE_INFINITY : offset + (below?.[index] ?? 0));
  };
  // Through an address that it returns, the caller writes there.
  const returns: Visitor['returns'] = ({ atoms }, escaped) => {
    for (const atom of atoms ?? []) if (atom.kind === 'stack') frame(atom.base, atom.offset);
    if (atoms === null) for (const [base, offset] of escaped) frame(base, offset);
  };
  const each = (walk: Walk): void =>
    eachStackArgument((visitor, blocks) => walk({ ...visitor, returns }, blocks), parameters, look);
  analysis.suppose(probes, null, each, { events });
  return lowest;
}

/**
 * Where it writes on a stack that it is given an address of, in bytes from there; null where it may be anywhere.
 * @param kindOf what a call reaches
 */
export function writesThrough(
  analysis: FunctionAnalysis,
  { machine }: Convention,
  at: Location,
  kindOf: (call: Call) => Callee['kind'],
): readonly Range[] | null {
  const writes: Range[] = [];
  let isLost = false;
  const frame = (base: number, begin: number, end: number): void => {
    if (base === PROBE) writes.push({ begin, end });
  };
  const nothing = (): void => undefined;
  const routine = (): void => {
    isLost = true;
  };
  const events = { store: nothing, control: nothing, leak: nothing, frame, routine, expose: routine };
  const look = (call: Call, _index: number, base: number, begin: number): void => {
    const kind = kindOf(call);
    // A function of the driver may find it in what lies around.
    if (kind !== 'import' && kind !== 'framework') isLost = true;
    else if (base === PROBE) writes.push({ begin, end: Number.POSITIVE_INFINITY });
  };
  // Pointers among the variables may lead to others of them.
  const given = [{ at, value: stackAddress(PROBE, 0), isShared: true }];
  analysis.suppose(given, null, (walk) => eachStackArgument(walk, PARAMETERS[machine], look), { events });
  return analysis.gaveUp || isLost ? null : writes;
}

/** Whether a path that is known comes to the byte at `rva`. */
const holds = (analysis: FunctionAnalysis, rva: number): boolean => analysis.instructionsAt(rva).length > 0;

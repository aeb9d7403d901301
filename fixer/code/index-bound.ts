/** How many entries the table of a switch has, as the comparison before it says: an index above 4 is none of five cases. */
import type { Block, Edge, FlowGraph } from './flow.js';
import type { Operand, Place, RegisterOperand, Step } from './instruction.js';

/** A call, among steps. */
const CALL = null;
type Steps = readonly (Step | typeof CALL)[];

/** By where a block starts: the only one that leads to it, and when; null where several do. */
export type OnlyBefore = ReadonlyMap<number, { readonly block: Block; readonly when: Edge['when'] } | null>;

/** Sought once for all switches of a function. */
export function onlyBefore({ blocks }: FlowGraph): OnlyBefore {
  const found = new Map<number, { readonly block: Block; readonly when: Edge['when'] } | null>();
  for (const block of blocks.values())
    for (const { to, when } of block.edges) found.set(to, found.has(to) ? null : { block, when });
  return found;
}

/**
 * Infinity where it says nothing: paths from elsewhere lead to the block, or what is compared is not the index.
 * @param width bytes of an entry of the table that the block's last jump reads
 */
export function mostCases(leading: OnlyBefore, block: Block, width: number, keepsFlags: boolean): number {
  const only = leading.get(block.start) ?? null;
  if (only === null || only.block === block || (only.when !== 'below' && only.when !== 'not-above'))
    return Number.POSITIVE_INFINITY;
  const before = only.block;
  const bound = only.when === 'below' ? 0 : 1;
  const first = stepsOf(before);
  const steps = [...first, ...stepsOf(block)];
  const comparison = lastComparison(first, keepsFlags);
  const index = indexOf(block, steps, first.length, width);
  if (comparison === null || index === null) return Number.POSITIVE_INFINITY;
  const compared = traced(steps, comparison.at, comparison.of, comparison.width);
  const read = traced(steps, index.at, index.of, 4);
  // What is compared may be longer than what is read, and not the other way round.
  return compared.from === read.from && read.width <= compared.width
    ? comparison.with + bound
    : Number.POSITIVE_INFINITY;
}

const stepsOf = ({ instructions }: Block): Steps =>
  instructions.flatMap(
    ({ steps, flow }): Steps => (flow.kind === 'call' || flow.kind === 'call-through' ? [...steps, CALL] : steps),
  );

/** The comparison with a constant whose flags are left at the end. */
function lastComparison(steps: Steps, keepsFlags: boolean) {
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at];
    if (step == null || step.kind === 'forget') return null;
    if (step.kind === 'compute' && keepsFlags) continue;
    if (step.kind !== 'compare' && step.kind !== 'compute') continue;
    const isComparison = step.kind === 'compare' ? step.how === 'subtract' : step.operation === 'subtract';
    const of = placeOf(step.a);
    if (!isComparison || step.b.kind !== 'constant' || of === null) return null;
    return { at, of, width: Math.min(step.width, 4), with: step.b.value };
  }
  return null;
}

/** The register that the address of the table's entry is made of, by the one load with an index or by the jump itself. */
function indexOf({ instructions }: Block, steps: Steps, from: number, width: number) {
  const flow = instructions.at(-1)?.flow;
  if (flow?.kind !== 'jump-through') return null;
  if (flow.operand.kind === 'memory') return { at: steps.length, of: asRegister(flow.operand.index) };
  let found: { readonly at: number; readonly of: Place } | null = null;
  for (let at = from; at < steps.length; at++) {
    const step = steps[at];
    if (step?.kind !== 'copy' && step?.kind !== 'sign-extend') continue;
    if (step.from.kind !== 'memory' || step.from.index < 0) continue;
    // Of two tables the second one's index is an entry of the first.
    if (found !== null || step.from.width !== width) return null;
    found = { at, of: asRegister(step.from.index) };
  }
  return found;
}

const asRegister = (register: number): RegisterOperand => ({ kind: 'register', register, width: 4, shift: 0 });

/** Memory that is not at a distance from one register may be anywhere. */
function placeOf(operand: Operand): Place | null {
  if (operand.kind === 'register') return operand.shift === 0 ? operand : null;
  if (operand.kind !== 'memory' || operand.index >= 0 || operand.inImage || operand.segment) return null;
  return operand;
}

const nameOf = (place: Place): string =>
  place.kind === 'register' ? `${place.register}` : `${place.base}+${place.displacement}`;

/** Where the value was made that the place holds before the step at `end`, and how many bytes of it are left. */
function traced(
  steps: Steps,
  end: number,
  of: Place,
  width: number,
): { readonly from: string; readonly width: number } {
  let place = of;
  let left = Math.min(width, of.width);
  for (let at = end - 1; at >= 0; at--) {
    const step = steps[at];
    if (step == null) return { from: `${at} ${nameOf(place)}`, width: left };
    if (!mayChange(step, place)) continue;
    const copied = copiedTo(step, place);
    if (copied === null) return { from: `${at} ${nameOf(place)}`, width: left };
    place = copied;
    left = Math.min(left, copied.width);
  }
  return { from: nameOf(place), width: left };
}

function mayChange(step: Step, place: Place): boolean {
  const written = writesOf(step);
  const isChanged = (register: number): boolean =>
    written.some((each) => each.kind === 'register' && each.register === register);
  if (place.kind === 'register') return isChanged(place.register);
  // The stack pointer moves.
  if (step.kind === 'push' || step.kind === 'pop' || step.kind === 'fill' || isChanged(place.base)) return true;
  return written.some(
    (each) =>
      each.kind === 'memory' &&
      (each.base !== place.base ||
        placeOf(each) === null ||
        (each.displacement < place.displacement + 8 && each.displacement + each.width > place.displacement)),
  );
}

function writesOf(step: Step): readonly Place[] {
  switch (step.kind) {
    case 'exchange':
      return [step.a, step.b] as const;
    case 'forget':
      return [...step.registers.map(asRegister), ...(step.memory === null ? [] : [step.memory])];
    case 'fill':
      return [asRegister(step.at)];
    case 'compare':
    case 'push':
    case 'set-control':
      return [];
    default:
      return step.to === null ? [] : [step.to];
  }
}

/** What the step copies there, unless it makes something else of it. */
function copiedTo(step: Step, place: Place): Place | null {
  const isCopy = step.kind === 'copy' || (step.kind === 'sign-extend' && step.fromWidth >= 4);
  if (!isCopy || step.to.width < 4) return null;
  const isWhole = step.to.kind === 'register' ? step.to.shift === 0 : nameOf(step.to) === nameOf(place);
  return isWhole ? placeOf(step.from) : null;
}

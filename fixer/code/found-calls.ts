/** Finds the calls of the catalogue's DDIs, with the arguments that decide. */
import { importSlots } from './alternatives.js';
import { truncate } from './arithmetic.js';
import type { Atom } from './atom.js';
import type { CodeFunction } from './code-function.js';
import { argumentLocation } from './convention.js';
import type { ArgumentKind, ArgumentPosition, Ddi } from './ddi/ddi.js';
import { judgeValue } from './ddi/predicates.js';
import { wdfDdis } from './ddi/wdf.js';
import type { Given } from './entry.js';
import type { Globals } from './globals.js';
import { callsNear } from './interest.js';
import { judge } from './judge.js';
import type { Program } from './program.js';
import { GivenAway, isReadOtherwise, NamedSlots, NONE_READ, readAddresses } from './read-addresses.js';
import { callUnder } from './suppositions.js';
import type { Value } from './value.js';
import type { Call, Visitor } from './visitor.js';

export interface FoundCall {
  readonly ddi: Ddi;
  readonly call: {
    readonly rva: number;
    readonly length: number;
    readonly returnRva: number | null;
    readonly uncertain: boolean;
  };
  readonly code: CodeFunction;
  readonly gaveUp: boolean;
  /** By stack word or index of the argument. */
  readonly values: ReadonlyMap<ArgumentPosition, Value>;
  /** These where the function starts with what is given, and calls return what is known: as `callUnder` tells. */
  under(
    given: readonly Given[],
    returns: ReadonlyMap<number, Value> | null,
  ): ReadonlyMap<ArgumentPosition, Value> | null | 'lost';
}

/** What is known of and not seen, to be filled in. */
export interface Blind {
  /** By name: where the address of a DDI is read that is not called there. */
  readonly kept: Map<string, number>;
  /** Slots of DDIs to which no code refers that could call them. */
  readonly unnamed: Set<number>;
}

export function findCalls(program: Program, { kept, unnamed }: Blind, globals: Globals): FoundCall[] {
  const targets = [...program.imported.ddis].filter(([, ddi]) => ddi.judged.length > 0).map(([slot]) => slot);
  const { binding } = program;
  if (binding !== null) {
    const width = program.convention.pointerWidth;
    // The array's own address too: code may make that first and add the distance then.
    targets.push(binding.table);
    if (!binding.isPointer) for (const ddi of frameworkSlots(binding, width)) targets.push(ddi);
  }
  const found: FoundCall[] = [];
  const references = program.references.to(targets);
  const named = new NamedSlots(references);
  const unused = new Set<CodeFunction>();
  for (const { code, positions } of program.functionsAt([...references.values()].flat())) {
    // A stub of an import that nothing calls: linkers leave them behind.
    if (program.isStub(code) && !program.isReferenced(code)) {
      unused.add(code);
      continue;
    }
    if (!program.mayCall(code, references)) continue;
    const analysis = program.analysis(code);
    const near = program.namesExactly ? callsNear(analysis, positions) : null;
    // Most functions that load an address load that of the framework's table.
    const read = near === null ? readAddresses(program, analysis, named, positions) : NONE_READ;
    const given = read.length === 0 ? null : new GivenAway(program);
    const visitor: Visitor = {
      isSettled: (call) => isSettled(program, call, globals),
      asked: (call) => ddisOf(program, call).flatMap((ddi) => [...readArguments(program, ddi, call).values()]),
      call: (call) => {
        given?.look(call);
        for (const ddi of ddisOf(program, call))
          found.push({
            ddi,
            call: { rva: call.rva, length: call.length, returnRva: call.returnRva, uncertain: call.uncertain },
            code,
            gaveUp: analysis.gaveUp,
            values: readArguments(program, ddi, call),
            under: (given, returns) =>
              callUnder(analysis, call.rva, given, (each) => readArguments(program, ddi, each), returns),
          });
      },
      ...(given === null
        ? {}
        : { keep: (slot) => void given.slots.add(slot), lose: (slot) => void given.lost.add(slot) }),
    };
    const before = found.length;
    analysis.visit(visitor, near);
    if (given === null) continue;
    for (const { ddi, slot, at } of read) {
      // On ARM64 what names the slot may name anything else on its page.
      const isCalled = !program.namesExactly || found.slice(before).some((each) => each.ddi === ddi);
      const isLost = given.isCalleeLost && given.lost.has(slot);
      if (!isCalled || isLost || given.slots.has(slot) || isReadOtherwise(analysis, at)) kept.set(ddi.name, at);
    }
  }
  for (const [slot, positions] of references)
    if (program.imported.ddis.has(slot) && !isNamed(program, slot, positions, unused)) unnamed.add(slot);
  return found;
}

function isNamed(
  { functions, pointers }: Program,
  slot: number,
  positions: readonly number[],
  unused: ReadonlySet<CodeFunction>,
): boolean {
  const isUsed = (position: number): boolean => {
    const code = functions.containing(position);
    return code !== null && !unused.has(code);
  };
  return positions.some(isUsed) || pointers.targets.has(slot);
}

function* frameworkSlots(binding: { table: number; count: number }, width: number): Generator<number> {
  for (const { wdfIndex = -1 } of wdfDdis) if (wdfIndex < binding.count) yield binding.table + wdfIndex * width;
}

/** What is called, and that it is called rightly, does not depend on what came before. */
function isSettled(program: Program, call: Call, globals: Globals): boolean {
  if (program.calleeOf(call).kind === 'unknown') return false;
  return ddisOf(program, call).every((ddi) => {
    const values = readArguments(program, ddi, call);
    return ddi.judged.every((judged) => {
      const value = readAt(values, judged.argument) as Value;
      const { outcome } = judge(judged, value, readAt(values, judged.accessMode), globals);
      return outcome === 'ok' || outcome === 'opt-in';
    });
  });
}

/** The judged DDIs that the call may reach: more than one where the address is chosen between imports. */
function ddisOf(program: Program, call: Call): readonly Ddi[] {
  const callee = program.calleeOf(call);
  if (callee.kind === 'framework') return [callee.ddi];
  if (callee.kind === 'code') return NO_DDIS;
  if (callee.kind === 'import') return judgedAt(program, callee.slot);
  const value = program.calledValue(call);
  return value === null ? NO_DDIS : importSlots(value).flatMap((slot) => judgedAt(program, slot));
}

const NO_DDIS: readonly Ddi[] = [];

function judgedAt(program: Program, slot: number): readonly Ddi[] {
  const ddi = program.imported.ddis.get(slot);
  return ddi === undefined || ddi.judged.length === 0 ? NO_DDIS : [ddi];
}

function readArguments(program: Program, ddi: Ddi, call: Call): Map<ArgumentPosition, Value> {
  const values = new Map<ArgumentPosition, Value>();
  const read = (position: ArgumentPosition | undefined): void => {
    if (position === undefined) return;
    const { convention } = program;
    const index = convention.machine === 'x86' ? position.word : position.index;
    values.set(position, call.argument(argumentLocation(convention, index)));
  };
  read(ddi.tag);
  for (const { argument, accessMode, volumeContext, kind } of ddi.judged) {
    read(argument);
    if (kind === 'page-protection' && program.calleeOf(call).kind === 'unknown')
      values.set(argument, withoutImpossible(kind, values.get(argument) as Value));
    read(accessMode);
    // KPROCESSOR_MODE is one byte: what is above it in the register is nobody's.
    const mode = accessMode === undefined ? undefined : values.get(accessMode);
    if (accessMode !== undefined && mode !== undefined) values.set(accessMode, truncate(mode, 1));
    read(volumeContext);
  }
  return values;
}

/** One call may reach several functions: what no protection can be is the argument of another of them. */
function withoutImpossible(kind: ArgumentKind, value: Value): Value {
  const isPossible = (atom: Atom): boolean =>
    atom.kind !== 'constant' || judgeValue(kind, atom.value >>> 0) !== 'unknown';
  const possible = value.atoms?.filter(isPossible) ?? [];
  return possible.length > 0 ? { atoms: possible, ones: 0, zeros: 0 } : value;
}

export const readAt = (
  values: ReadonlyMap<ArgumentPosition, Value>,
  position: ArgumentPosition | undefined,
): Value | null => (position === undefined ? null : (values.get(position) ?? null));

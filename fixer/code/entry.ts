/** What is known where a function starts, and where an exception handler goes on. */
import { argumentLocation, type Convention, type Location } from './convention.js';
import { registerOrigin, stackOrigin } from './origin.js';
import type { Range } from './ranges.js';
import { DEEPER, PROBE } from './slot.js';
import { State } from './state.js';
import type { Frame } from './unwind-x64.js';
import { fromOrigin, stackAddress, UNKNOWN, type Value } from './value.js';

/** Arguments on the stack that are followed: more than any DDI of the catalogue has. */
const STACK_ARGUMENTS = 14;

const NOTHING_GIVEN: readonly Given[] = [];
const ENTRIES = new WeakMap<Convention, State>();

/** An argument, and what the caller gives. */
export interface Given {
  readonly at: Location;
  readonly value: Value;
  /** Of an address: others have it too, or any other one of the same stack. */
  readonly isShared?: boolean;
}

/** Every register and stack argument holds what the caller left there, or what is `given`. The caller's own copy. */
export function entryState(convention: Convention, given: readonly Given[] = NOTHING_GIVEN): State {
  let state = ENTRIES.get(convention);
  if (state === undefined) {
    state = makeEntryState(convention);
    ENTRIES.set(convention, state);
  }
  const entry = state.copy();
  for (const { at, value, isShared } of given) {
    if (isShared === true) entry.escapeAll(value, true);
    if ('register' in at) entry.registers[at.register] = value;
    else entry.writeSlot(0, at.offset, convention.pointerWidth, value);
  }
  return entry;
}

function makeEntryState(convention: Convention): State {
  const { registerCount, stackPointer, argumentRegisters, pointerWidth } = convention;
  const registers = Array.from({ length: registerCount }, (_, index) => fromOrigin(registerOrigin(index)));
  registers[stackPointer] = stackAddress(0, 0);
  const state = new State(registers);
  for (let index = 0; index < STACK_ARGUMENTS; index++) {
    const location = argumentLocation(convention, argumentRegisters.length + index);
    if ('offset' in location)
      state.writeSlot(0, location.offset, pointerWidth, fromOrigin(stackOrigin(location.offset)));
  }
  return state;
}

/** Nothing is known, but that the stack is one piece, of which others may know every address. */
export function anywhereState({ registerCount, stackPointer }: Convention): State {
  const state = new State(Array.from({ length: registerCount }, () => UNKNOWN));
  state.registers[stackPointer] = stackAddress(PROBE, 0);
  state.escape(PROBE, Number.NEGATIVE_INFINITY);
  state.goesDown = true;
  return state;
}

/** After an exception, and where nobody knows how control came: only the frame is known. */
export function frameState(
  { machine, registerCount, stackPointer }: Convention,
  frame: Frame | null,
  unsteady: readonly Range[],
  given: readonly Given[],
): State {
  const state = new State(Array.from({ length: registerCount }, () => UNKNOWN));
  state.disturb(unsteady);
  // Whatever was given away before the exception.
  state.escape(0, Number.NEGATIVE_INFINITY);
  // What was given is somewhere in the frame.
  for (const { value } of given) state.escapeAll(value, true);
  // Who called a filter is on the stack before it; a handler takes the stack pointer from the frame.
  if (machine === 'x86') state.registers[stackPointer] = stackAddress(DEEPER, 0);
  if (frame === null) return state;
  if (machine !== 'x86') state.registers[stackPointer] = stackAddress(0, frame.stackOffset);
  if (frame.frameRegister !== null) state.registers[frame.frameRegister] = stackAddress(0, frame.frameOffset);
  return state;
}

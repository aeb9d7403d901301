/**
 * Functions of Windows that write to what their first argument points to, and how much: a store like the driver's own where
 * that lies in the image. Source: their pages in Microsoft's driver reference.
 */
import { argumentLocation } from './convention.js';
import { undecorated } from './imported.js';
import { type Flow, isDirect } from './instruction.js';
import type { Program } from './program.js';
import { imageRva, singleConstant } from './value.js';
import type { Call } from './visitor.js';

/** The third argument is the length; that of RtlZeroMemory and RtlFillMemory the second. */
const BY_LENGTH: Readonly<Record<string, number>> = {
  memcpy: 2,
  memmove: 2,
  memset: 2,
  RtlCopyMemory: 2,
  RtlFillMemory: 1,
  RtlMoveMemory: 2,
  RtlZeroMemory: 1,
};
/** A structure, whose first byte is written. */
const STRUCTURES: ReadonlySet<string> = new Set([
  ...['ExInitializeResourceLite', 'KeInitializeDpc', 'KeInitializeEvent', 'KeInitializeMutex', 'KeInitializeSemaphore'],
  ...['KeInitializeSpinLock', 'KeInitializeTimer', 'KeInitializeTimerEx', 'RtlInitAnsiString', 'RtlInitString'],
  ...['RtlInitUnicodeString', 'RtlInitializeGenericTable'],
]);

/** Where in the image the call writes, and how many bytes at least; null where that is not known. */
export function writtenBy(program: Program, call: Call): { readonly target: number; readonly width: number } | null {
  const { convention } = program;
  const target = imageRva(call.argument(argumentLocation(convention, 0)));
  if (target === null) return null;
  const callee = program.calleeOf(call);
  const slot = callee.kind === 'import' ? callee.slot : callee.kind === 'code' ? program.stubSlot(callee.entry) : null;
  const name = nameOf(program, slot);
  if (STRUCTURES.has(name)) return { target, width: 1 };
  if (!Object.hasOwn(BY_LENGTH, name)) return null;
  const length = singleConstant(call.argument(argumentLocation(convention, BY_LENGTH[name] as number)));
  return length === null || length < 0 ? { target, width: 1 } : length === 0 ? null : { target, width: length };
}

const nameOf = ({ imported }: Program, slot: number | null): string =>
  slot === null ? '' : undecorated(imported.names.get(slot) ?? '');

/** A call of one of them, as the instruction alone shows it. */
export function callsWriter(program: Program, flow: Flow): boolean {
  if (flow.kind === 'call') return isWriter(nameOf(program, program.stubSlot(flow.target)));
  if (flow.kind !== 'call-through' || flow.operand.kind !== 'memory' || !isDirect(flow.operand)) return false;
  return isWriter(nameOf(program, flow.operand.displacement));
}

const isWriter = (name: string): boolean => STRUCTURES.has(name) || Object.hasOwn(BY_LENGTH, name);

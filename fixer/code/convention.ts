/**
 * How functions are called on each machine. Sources: "x64 calling convention", "Overview of ARM64 ABI conventions",
 * "Argument passing and naming conventions" (x86).
 */
export type CodeMachine = 'x64' | 'x86' | 'arm64';

export interface Convention {
  readonly machine: CodeMachine;
  readonly registerCount: number;
  readonly stackPointer: number;
  /** RBP, EBP, X29: what a `__finally` block is called with, to find its parent's variables. */
  readonly framePointer: number;
  /** In bytes: a pointer, and so a stack word. */
  readonly pointerWidth: number;
  /** Registers that a call may change. */
  readonly volatile: readonly number[];
  readonly resultRegister: number;
  readonly argumentRegisters: readonly number[];
  /** Bytes that the call instruction pushes. */
  readonly returnAddress: number;
  /** Bytes above the return address that the callee may use for itself. */
  readonly homeSpace: number;
  /** Registers as the debugger writes them, by number. */
  readonly names: readonly string[];
}

/** Where an argument is when the callee starts: a register, or so many bytes above the stack pointer. */
export type Location = { readonly register: number } | { readonly offset: number };

const X64_NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const X86_NAMES = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];

export const CONVENTIONS: Readonly<Record<CodeMachine, Convention>> = {
  x64: {
    machine: 'x64',
    registerCount: 16,
    stackPointer: 4,
    framePointer: 5,
    pointerWidth: 8,
    volatile: [0, 1, 2, 8, 9, 10, 11],
    resultRegister: 0,
    argumentRegisters: [1, 2, 8, 9],
    returnAddress: 8,
    homeSpace: 32,
    names: [...X64_NAMES, ...Array.from({ length: 8 }, (_, index) => `r${index + 8}`)],
  },
  x86: {
    machine: 'x86',
    registerCount: 8,
    stackPointer: 4,
    framePointer: 5,
    pointerWidth: 4,
    volatile: [0, 1, 2],
    resultRegister: 0,
    argumentRegisters: [],
    returnAddress: 4,
    homeSpace: 0,
    names: X86_NAMES,
  },
  arm64: {
    machine: 'arm64',
    registerCount: 32,
    stackPointer: 31,
    framePointer: 29,
    pointerWidth: 8,
    volatile: [...Array.from({ length: 18 }, (_, index) => index), 30],
    resultRegister: 0,
    argumentRegisters: [0, 1, 2, 3, 4, 5, 6, 7],
    returnAddress: 0,
    homeSpace: 0,
    names: [...Array.from({ length: 31 }, (_, index) => `x${index}`), 'sp'],
  },
};

/**
 * Where argument `index` is; on x86 `index` counts stack words from the first, so that 64-bit arguments before it have
 * two.
 */
export function argumentLocation(convention: Convention, index: number): Location {
  const inRegister = convention.argumentRegisters[index];
  if (inRegister !== undefined) return { register: inRegister };
  const { returnAddress, homeSpace, argumentRegisters, pointerWidth } = convention;
  return { offset: returnAddress + homeSpace + (index - argumentRegisters.length) * pointerWidth };
}

/** Stack words that may be arguments: as many as any DDI of the catalogue has. */
const MOST_WORDS = 10;

/** Where arguments can be, whatever their number: on x86 in registers too (fastcall, thiscall, GCC's static functions). */
export const PARAMETERS: Readonly<Record<CodeMachine, readonly Location[]>> = {
  x64: parametersOf(CONVENTIONS.x64, []),
  x86: parametersOf(CONVENTIONS.x86, [0, 1, 2]),
  arm64: parametersOf(CONVENTIONS.arm64, []),
};

function parametersOf(convention: Convention, registers: readonly number[]): Location[] {
  const count = convention.argumentRegisters.length + MOST_WORDS;
  const standard = Array.from({ length: count }, (_, index) => argumentLocation(convention, index));
  return [...registers.map((register) => ({ register })), ...standard];
}

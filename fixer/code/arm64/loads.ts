/** A64: loads and stores. */
import { literal, type MemoryOperand, memoryAt, register, type Step } from '../instruction.js';
import { bits, forget, rd, rm, rn, SP, signedBits, source } from './fields.js';

export function loadStoreSteps(word: number, rva: number): Step[] {
  const isVector = bits(word, 26, 26) === 1;
  switch (bits(word, 29, 27)) {
    case 0b101:
      return pair(word, isVector);
    case 0b011:
      return isLiteral(word) ? loadLiteral(word, rva, isVector) : besideLiteral(word, isVector);
    case 0b111:
      return single(word, isVector);
    default:
      return exclusive(word, isVector);
  }
}

const isLiteral = (word: number): boolean => bits(word, 25, 24) === 0;

/** Load-exclusive and store-exclusive, acquire and release, compare and swap; vector structures. */
function exclusive(word: number, isVector: boolean): Step[] {
  const base = rn(word);
  const isLoad = bits(word, 22, 22) === 1;
  if (isVector) {
    const registers = bits(word, 23, 23) === 1 ? forgettable(base) : [];
    return [{ kind: 'forget', registers, memory: isLoad ? null : memoryAt(base, 0, 64) }];
  }
  const memory = memoryAt(base, 0, 16);
  const isOrdered = bits(word, 23, 23) === 1 && bits(word, 21, 21) === 0;
  const width = 2 ** bits(word, 31, 30);
  // LDAR and STLR are a load and a store.
  if (isOrdered) return [access(rd(word), { ...memory, width }, width, isLoad, false, 8)];
  // CAS and CASP, whose bit 22 says that they acquire, store too.
  const isSwap = bits(word, 21, 21) === 1 && (bits(word, 23, 23) === 1 || bits(word, 31, 31) === 0);
  const { registers } = forget(rd(word), bits(word, 14, 10), rm(word)) as Step & { kind: 'forget' };
  return [{ kind: 'forget', registers, memory: isLoad && !isSwap ? null : memory }];
}

function loadLiteral(word: number, rva: number, isVector: boolean): Step[] {
  const operation = bits(word, 31, 30);
  if (isVector || operation === 3) return [];
  const width = operation === 1 ? 8 : 4;
  const target = rva + signedBits(word, 23, 5) * 4;
  const memory: MemoryOperand = { ...memoryAt(-1, target, width), inImage: true };
  return [access(rd(word), memory, width, true, operation === 2, 8)];
}

/** LDAPUR and STLUR; tags of memory; SET and CPY. */
function besideLiteral(word: number, isVector: boolean): Step[] {
  const base = rn(word);
  const operation = bits(word, 23, 22);
  const offset = signedBits(word, 20, 12);
  const mode = bits(word, 11, 10);
  if (bits(word, 21, 21) === 1) {
    // LDG reads; of the others the ones with a Z write what they tag.
    const memory = memoryAt(base, mode === 0b01 ? 0 : offset * 16, 32);
    const isRead = mode === 0b00 && (operation & 1) === 1;
    return [
      { kind: 'forget', registers: forgettable(mode === 0b00 ? rd(word) : base), memory: isRead ? null : memory },
    ];
  }
  if (mode === 0b01) return [{ kind: 'fill', at: rd(word), count: base, width: 1 }, forget(rm(word), base)];
  return transfer(word, memoryAt(base, offset, transferred(word, isVector)), isVector);
}

/** Bytes that LDR, STR and their like load or store: by size, and the operation in bits 23 and 22. */
const transferred = (word: number, isVector: boolean): number =>
  isVector && bits(word, 23, 22) >= 2 ? 16 : 2 ** bits(word, 31, 30);

/** What they do with `memory`. */
function transfer(word: number, memory: MemoryOperand, isVector: boolean): Step[] {
  const operation = bits(word, 23, 22);
  if (isVector) return (operation & 1) === 1 ? [] : [{ kind: 'forget', registers: [], memory }];
  return [access(rd(word), memory, memory.width, operation !== 0, operation >= 2, operation === 2 ? 8 : 4)];
}

/** Bits 15 to 12 of the group of SWP; between SWP and LDAPR lie the forms of ST64B. */
const SWP = 0b1000;
const LDAPR = 0b1100;
const LD64B = 0b1101;
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];

/** LDP, STP and their forms with write-back. */
function pair(word: number, isVector: boolean): Step[] {
  const operation = bits(word, 31, 30);
  const isLoad = bits(word, 22, 22) === 1;
  // STGP stores 8 bytes of each, and counts in its tags' 16.
  const isTagged = operation === 1 && !isVector && !isLoad;
  const width = isVector ? 4 * 2 ** operation : operation === 2 || isTagged ? 8 : 4;
  const mode = bits(word, 24, 23);
  const base = rn(word);
  const offset = signedBits(word, 21, 15) * (isTagged ? 16 : width);
  const steps: Step[] = [];
  const inner = mode === 0b01 || mode === 0b11 ? 0 : offset;
  if (mode === 0b11) steps.push(moveBase(base, offset));
  const registers = [...[rd(word), bits(word, 14, 10)].entries()];
  // ldp x8, x9, [x8]: what is loaded into the base comes last.
  if (isLoad && rd(word) === base) registers.reverse();
  for (const [index, number] of registers) {
    const memory = memoryAt(base, inner + index * width, width);
    if (isVector) {
      if (!isLoad) steps.push({ kind: 'forget', registers: [], memory });
    } else steps.push(access(number, memory, width, isLoad, operation === 1, 8));
  }
  if (mode === 0b01) steps.push(moveBase(base, offset));
  return steps;
}

function single(word: number, isVector: boolean): Step[] {
  const width = transferred(word, isVector);
  const base = rn(word);
  const isUnsignedOffset = bits(word, 25, 24) === 1;
  const mode = bits(word, 11, 10);
  const before: Step[] = [];
  const after: Step[] = [];
  let memory: MemoryOperand;
  if (isUnsignedOffset) memory = memoryAt(base, bits(word, 21, 10) * width, width);
  else if (bits(word, 21, 21) === 1) {
    // SWP, LDADD and their like store what RM holds, or is added to; LDAPR and LD64B only load.
    if (mode === 0b00) {
      const kind = isVector ? 0 : bits(word, 15, 12);
      if (kind === LDAPR) return [access(rd(word), memoryAt(base, 0, width), width, true, false, 8)];
      if (kind === LD64B) return [forget(...EIGHT.map((next) => (rd(word) + next) & 31))];
      if (kind > SWP) return [{ ...forget(rd(word), rm(word)), memory: memoryAt(base, 0, 64) } as Step];
      const [registers, reads] = [forgettable(rd(word)), forgettable(rm(word))];
      return [{ kind: 'forget', registers, memory: memoryAt(base, 0, width), reads }];
    }
    if (mode !== 0b10) return [forget(rd(word), base)];
    memory = memoryAt(base, 0, width, rm(word) === SP ? -1 : rm(word), bits(word, 12, 12) === 1 ? width : 1);
  } else {
    const offset = signedBits(word, 20, 12);
    if (mode === 0b11) before.push(moveBase(base, offset));
    if (mode === 0b01) after.push(moveBase(base, offset));
    memory = memoryAt(base, mode === 0b01 || mode === 0b11 ? 0 : offset, width);
  }
  // PRFM.
  if (!isVector && bits(word, 31, 30) === 3 && bits(word, 23, 22) >= 2) return [];
  return [...before, ...transfer(word, memory, isVector), ...after];
}

const forgettable = (number: number): number[] => (number === SP ? [] : [number]);

const moveBase = (base: number, by: number): Step => {
  const to = register(base, 8);
  return { kind: 'compute', operation: 'add', to, a: to, b: literal(by), width: 8 };
};

function access(
  number: number,
  memory: MemoryOperand,
  width: number,
  isLoad: boolean,
  isSigned: boolean,
  extended: number,
): Step {
  if (!isLoad) return { kind: 'copy', to: memory, from: source(number, width === 8 ? 8 : 4), width };
  if (number === SP) return forget();
  if (isSigned)
    return { kind: 'sign-extend', to: register(number, extended), from: memory, fromWidth: width, width: extended };
  // A narrow load fills the register with zeros.
  const full = Math.max(width, 4);
  return { kind: 'copy', to: register(number, full), from: memory, width: full };
}

/**
 * Whether x86 or x64 code that makes an address may store through it, by the bytes behind: no more than a sieve, for nearly
 * all addresses of code are callbacks, which are stored or passed on, and never stored through. Registers are told apart by
 * their low 3 bits. Source of the encodings: Intel SDM, volume 2, opcode map and ModR/M tables.
 */
import { isPlainStore } from './stores.js';

const LEA = 0x8d;
const MOV_TO = 0x89;
const CALL = 0xe8;
/** CALL through memory or a register, among others. */
const GROUP = 0xff;
const MOV_FROM = 0x8b;
const MOV_CONSTANT = 0xc7;
/** MOVS and STOS. */
const STRING_STORES: ReadonlySet<number | undefined> = new Set([0xa4, 0xa5, 0xaa, 0xab]);
/** RCX, on x64. */
const FIRST_ARGUMENT = 1;
const BP = 5;
const DI = 7;
/** In place of a base register: a byte with base and index follows. */
const SIB = 4;
/** Bytes behind an instruction in which the next use of its result is looked for. */
const NEAR = 64;
/** Copies, to registers or the stack and back, that are followed. */
const MOST_COPIES = 3;

/** Bytes that are looked at for one address: with more copies than compilers make the answer is that it may be. */
const MOST_BYTES = 2048;

/**
 * Bytes from the start of the instruction to the address that it makes, where something near may store through that; else 0.
 * @param at index of the address's 4 bytes, the operand of LEA or on x86 the constant that MOV copies
 */
export function startOfStoredThrough(bytes: Uint8Array, at: number, isX86: boolean): number {
  const [modrm = 0, opcode = 0] = [bytes[at - 1], bytes[at - 2]];
  const sieve = new Sieve(bytes, isX86);
  if (opcode === LEA && (modrm & 0xc7) === 0x05)
    return sieve.isBaseOfStore(at + 4, (modrm >> 3) & 7, MOST_COPIES) ? (isX86 ? 2 : 3) : 0;
  if (!isX86) return 0;
  if ((modrm & 0xf8) === 0xb8) return sieve.isBaseOfStore(at + 4, modrm & 7, MOST_COPIES) ? 1 : 0;
  for (const length of [2, 3, 5, 6])
    if (bytes[at - length - 1] === MOV_CONSTANT && slotLength(bytes, at - length) === length)
      return sieve.isReloaded(at + 4, at - length, MOST_COPIES) ? length + 1 : 0;
  return 0;
}

class Sieve {
  #left = MOST_BYTES;
  readonly #bytes: Uint8Array;
  readonly #isX86: boolean;

  constructor(bytes: Uint8Array, isX86: boolean) {
    this.#bytes = bytes;
    this.#isX86 = isX86;
  }

  isBaseOfStore(from: number, register: number, copies: number): boolean {
    const bytes = this.#bytes;
    const end = Math.min(from + NEAR, bytes.length - 2);
    for (let at = from; at < end; at++) {
      if (this.#left-- <= 0) return true;
      const opcode = bytes[at] as number;
      if (register === DI && STRING_STORES.has(opcode)) return true;
      const modrm = bytes[at + 1] as number;
      // The first argument: what is called may be a function that writes there.
      if (isCall(bytes, at) && register === FIRST_ARGUMENT && !this.#isX86) return true;
      if (isOverwritten(bytes, at, register)) return false;
      const [field, base] = [(modrm >> 3) & 7, modrm & 7];
      if (modrm >= 0xc0) {
        const copy =
          opcode === MOV_TO && field === register ? base : opcode === MOV_FROM && base === register ? field : -1;
        if (copy >= 0 && copies > 0 && this.isBaseOfStore(at + 2, copy, copies - 1)) return true;
      } else if (opcode === MOV_TO && field === register && slotLength(bytes, at + 1) > 0) {
        if (copies > 0 && this.isReloaded(at + 1, at + 1, copies - 1)) return true;
      } else if ((base === register || (base === SIB && names(bytes[at + 2], register))) && isPlainStore(bytes, at))
        return true;
    }
    return false;
  }

  /** `slot`: index of the ModRM byte and what follows of an operand on the stack. */
  isReloaded(from: number, slot: number, copies: number): boolean {
    const bytes = this.#bytes;
    const length = slotLength(bytes, slot);
    const end = Math.min(from + NEAR, bytes.length - length - 1);
    for (let at = from; at < end; at++) {
      if (this.#left-- <= 0) return true;
      if (bytes[at] !== MOV_FROM || !isSameSlot(bytes, slot, at + 1, length)) continue;
      if (this.isBaseOfStore(at + 1 + length, ((bytes[at + 1] as number) >> 3) & 7, copies)) return true;
    }
    return false;
  }
}

function isSameSlot(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  if ((((bytes[one] as number) ^ (bytes[other] as number)) & 0xc7) !== 0) return false;
  for (let index = 1; index < length; index++) if (bytes[one + index] !== bytes[other + index]) return false;
  return true;
}

/** Bytes of an operand at a distance from the stack or frame pointer, from its ModRM byte on; 0 where it is none. */
function slotLength(bytes: Uint8Array, at: number): number {
  const modrm = bytes[at] as number;
  const [mod, base] = [modrm >> 6, modrm & 7];
  if (mod === 3 || (base !== SIB && base !== BP) || (mod === 0 && base === BP)) return 0;
  // 24: the stack pointer without an index.
  if (base === SIB && bytes[at + 1] !== 0x24) return 0;
  return (base === SIB ? 2 : 1) + (mod === 0 ? 0 : mod === 1 ? 1 : 4);
}

/** CALL, by what follows: a distance within the image, or memory or a register. */
function isCall(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === GROUP) return ((bytes[at + 1] as number) & 0x38) === 0x10;
  return bytes[at] === CALL && (bytes[at + 4] === 0 || bytes[at + 4] === 0xff);
}

/** Another address or value is loaded into the register, or a function is called that may change it. */
function isOverwritten(bytes: Uint8Array, at: number, register: number): boolean {
  if (register < 3 && isCall(bytes, at)) return true;
  const [opcode, modrm = 0] = [bytes[at], bytes[at + 1]];
  return (opcode === LEA || opcode === MOV_FROM) && modrm < 0xc0 && ((modrm >> 3) & 7) === register;
}

const names = (sib: number | undefined, register: number): boolean =>
  sib !== undefined && ((sib & 7) === register || ((sib >> 3) & 7) === register);

/** ARM64 code of an image as instructions: a table of the encoding groups, each lowered in a file of its own. */
import type { Image } from '../../pe/image.js';
import { isExecutable, type Section } from '../../pe/sections.js';
import { DecodedInstruction, DecodingSource, noCode, type StepSource } from '../decoded.js';
import { type Flow, literal, memoryAt, NEXT, register, STOP, type Step } from '../instruction.js';
import { bits, CONDITIONS, FLAGS_ONLY, forget, rd, rn, signedBits, source, unknownOf, widthOf } from './fields.js';
import { immediateSteps } from './immediate.js';
import { loadStoreSteps } from './loads.js';
import { registerSteps } from './registers.js';

type Steps = (word: number, rva: number) => readonly Step[];

/** What an instruction does and where it goes on, where that is not always the next one. */
interface Lowered {
  readonly steps: readonly Step[];
  readonly flow: Flow;
}

/**
 * By bits 28 to 25 ("A64 instruction set encoding", main table). Null: branches, or nothing that is defined; all others go
 * on to the next instruction, and their steps can wait until somebody asks.
 */
const STEPS: readonly (Steps | null)[] = [
  null, // reserved, UDF
  null,
  (word) => [forget(rd(word))], // SVE
  null,
  loadStoreSteps,
  registerSteps,
  loadStoreSteps,
  vectorSteps,
  immediateSteps,
  immediateSteps,
  null, // branches, exceptions, system
  null,
  loadStoreSteps,
  registerSteps,
  loadStoreSteps,
  vectorSteps,
];
const isBranch = (group: number): boolean => group === 0b1010 || group === 0b1011;

export class Arm64Source extends DecodingSource implements StepSource {
  readonly #image: Image;
  #section: Section | null = null;
  #view: DataView | null = null;

  constructor(image: Image) {
    super();
    this.#image = image;
  }

  protected override decode(rva: number): DecodedInstruction {
    const word = this.#word(rva);
    if (word === null) return noCode(rva, 4);
    const group = bits(word, 28, 25);
    if (STEPS[group] !== null) return new DecodedInstruction(rva, 4, NEXT, null, this);
    if (!isBranch(group)) return noCode(rva, 4);
    const { flow, steps } = lowerBranch(word, rva);
    return new DecodedInstruction(rva, 4, flow, steps, null);
  }

  stepsAt(rva: number): readonly Step[] {
    const word = this.#word(rva);
    return word === null ? [] : (STEPS[bits(word, 28, 25)]?.(word, rva) ?? []);
  }

  #word(rva: number): number | null {
    let section = this.#section;
    if (section === null || rva < section.virtualAddress || rva >= section.virtualAddress + section.extent) {
      section = this.#image.addressSpace.sectionAt(rva);
      this.#section = section;
      if (section === null || !isExecutable(section)) {
        this.#section = null;
        return null;
      }
      const { bytes } = this.#image;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset + section.rawOffset, section.rawSize);
    }
    const at = rva - section.virtualAddress;
    const view = this.#view;
    return view === null || rva % 4 !== 0 || at + 4 > view.byteLength ? null : view.getUint32(at, true);
  }
}

/** Only moves between vector and general registers matter: FMOV, FCVT* to integers, UMOV, SMOV; and FCMP, FCCMP for the flags. */
function vectorSteps(word: number): Step[] {
  if ((word & 0xff20fc00) === 0x1e202000 || (word & 0xff200c00) === 0x1e200400) return [FLAGS_ONLY];
  // Bit 21 is clear in FCVTZS and FCVTZU to fixed point.
  const isConversion = (word & 0x5f20fc00) === 0x1e200000 || (word & 0x5f3e0000) === 0x1e180000;
  const isElement = (word & 0xbfe0dc00) === 0x0e000c00 && bits(word, 14, 11) !== 0;
  return isConversion || isElement ? [unknownOf(word)] : [];
}

function lowerBranch(word: number, rva: number): Lowered {
  const top = bits(word, 30, 26);
  if (top === 0b00101) {
    const target = rva + signedBits(word, 25, 0) * 4;
    return { steps: [], flow: word >>> 31 === 1 ? { kind: 'call', target } : { kind: 'jump', target } };
  }
  if (bits(word, 30, 25) === 0b011010) return compareAndBranch(word, rva);
  if (bits(word, 30, 25) === 0b011011) {
    const target = rva + signedBits(word, 18, 5) * 4;
    const bit = bits(word, 31, 31) * 32 + bits(word, 23, 19);
    // TBZ and TBNZ look at one bit: as TST of it.
    if (bit >= 32)
      return {
        steps: [{ kind: 'forget', registers: [], memory: null }],
        flow: { kind: 'branch', target, condition: 'other' },
      };
    const condition = bits(word, 24, 24) === 0 ? 'equal' : 'not-equal';
    return {
      steps: [{ kind: 'compare', how: 'and', a: source(rd(word), 4), b: literal(2 ** bit), width: 4, isOwn: true }],
      flow: { kind: 'branch', target, condition },
    };
  }
  if (bits(word, 31, 24) === 0b01010100) {
    const condition = CONDITIONS[word & 15] ?? 'other';
    return { steps: [], flow: { kind: 'branch', target: rva + signedBits(word, 23, 5) * 4, condition } };
  }
  if (bits(word, 31, 25) === 0b1101011) return branchRegister(word);
  if (bits(word, 31, 24) === 0b11010100) return exception(word);
  // DC ZVA, DC GVA, DC GZVA: a block, of 64 bytes on all of Windows' processors.
  if ((word & 0xffffff00) >>> 0 === 0xd50b7400 && bits(word, 7, 5) !== 0)
    return { steps: [{ kind: 'forget', registers: [], memory: memoryAt(rd(word), 0, 64) }], flow: NEXT };
  // Hints, barriers, system registers: MRS writes one.
  const writes = (word & 0xfff00000) >>> 0 === 0xd5300000;
  return { steps: writes ? [forget(rd(word))] : [], flow: NEXT };
}

/** CBZ and CBNZ. */
function compareAndBranch(word: number, rva: number): Lowered {
  const width = widthOf(word);
  const zero = { kind: 'constant', value: 0 } as const;
  return {
    steps: [{ kind: 'compare', how: 'subtract', a: source(rd(word), width), b: zero, width, isOwn: true }],
    flow: {
      kind: 'branch',
      target: rva + signedBits(word, 23, 5) * 4,
      condition: bits(word, 24, 24) === 0 ? 'equal' : 'not-equal',
    },
  };
}

/** BR, BLR, RET, and the forms that check a signature first. */
function branchRegister(word: number): Lowered {
  const operand = register(rn(word), 8);
  switch (bits(word, 22, 21)) {
    case 0:
      return { steps: [], flow: { kind: 'jump-through', operand } };
    case 1:
      return { steps: [], flow: { kind: 'call-through', operand } };
    case 2:
      return { steps: [], flow: { kind: 'return', pops: 0 } };
    default:
      return { steps: [], flow: STOP };
  }
}

/** SVC, HVC, BRK ... brk #0xF003 is __fastfail; the others return. */
function exception(word: number): Lowered {
  const isFastFail = bits(word, 23, 21) === 1 && bits(word, 20, 5) === 0xf003;
  return { steps: [forget(0)], flow: isFastFail ? STOP : NEXT };
}

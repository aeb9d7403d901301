/**
 * Numbers of iced-x86 1.21.0 that its own enumerations give; `tests/code/x86/iced-numbers.test.ts` compares all of them.
 * They are here because the package's JavaScript, which holds the enumerations, takes longer to load than a check.
 */
export const MNEMONIC = {
  adc: 5,
  add: 7,
  and: 21,
  bt: 54,
  btc: 55,
  btr: 56,
  bts: 57,
  call: 59,
  cbw: 60,
  cdq: 61,
  cdqe: 62,
  cmp: 93,
  cpuid: 106,
  cqo: 107,
  cwd: 131,
  cwde: 132,
  cmpxchg: 101,
  cmpxchg8b: 103,
  cmpxchg16b: 102,
  dec: 137,
  div: 138,
  enter: 155,
  idiv: 276,
  imul: 277,
  inc: 279,
  int: 287,
  int1: 288,
  int3: 1620,
  iret: 296,
  iretd: 1618,
  iretq: 1619,
  jmp: 308,
  je: 302,
  jne: 310,
  lea: 374,
  leave: 375,
  mov: 414,
  movsx: 450,
  movsxd: 451,
  movzx: 454,
  mul: 456,
  neg: 464,
  nop: 465,
  not: 466,
  or: 467,
  pop: 590,
  popad: 1613,
  popfd: 1616,
  popfq: 1617,
  push: 640,
  pushad: 1612,
  pushfd: 1614,
  pushfq: 1615,
  rdmsr: 650,
  rdpmc: 653,
  rdtsc: 659,
  rdtscp: 660,
  ret: 662,
  retf: 663,
  sal: 676,
  sar: 678,
  sbb: 681,
  shl: 712,
  shr: 715,
  sub: 740,
  sysexit: 748,
  sysret: 749,
  sysretq: 1562,
  test: 751,
  ud0: 757,
  ud1: 758,
  ud2: 759,
  wrmsr: 1499,
  xgetbv: 1516,
  xchg: 1509,
  xor: 1518,
} as const;

/** SETcc and CMOVcc. */
export const SET_ON_CONDITION: ReadonlySet<number> = new Set([
  686, 687, 688, 689, 690, 691, 692, 693, 694, 695, 696, 697, 698, 699, 700, 701,
]);
export const MOVE_ON_CONDITION: ReadonlySet<number> = new Set([
  77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92,
]);

/** String instructions that write memory at (R|E)DI, with the width of an element. */
export const STRING_WRITES: ReadonlyMap<number, number> = new Map([
  [282, 1], [283, 4], [286, 2], [443, 1], [444, 4], [447, 8], [449, 2], [735, 1], [736, 4], [737, 8], [738, 2],
]);
/** String instructions that only read. */
export const STRING_READS: ReadonlyMap<number, number> = new Map([
  [96, 1], [97, 4], [98, 8], [100, 2], [386, 1], [387, 4], [388, 8], [389, 2], [471, 1], [472, 4], [473, 2], [682, 1], [683, 4], [684, 8], [685, 2],
]);

/** Bytes by MemorySize. */
export const MEMORY_SIZE: readonly number[] = [
  0, 1, 2, 4, 8, 8, 16, 32, 64, 1, 2, 4, 8, 16, 32, 64, 4, 6, 10, 2, 4, 8, 4, 8, 8, 16, 6, 10, 2, 4, 8, 10, 16, 2, 14, 28, 94, 108, 512, 512, 0, 0, 10, 64, 0, 10, 48, 64, 2, 2, 4, 4, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 2, 4, 4, 2, 4, 2, 2, 4, 4, 8, 8, 8, 2, 4, 8, 4, 8, 8, 4, 4, 2, 2, 4, 4, 8, 8, 8, 2, 4, 8, 4, 8, 8, 4, 4, 2, 2, 4, 4, 8, 8, 8, 2, 4, 8, 4, 4, 8, 8, 4,
];

export const OP_KIND = {
  register: 0,
  nearBranch16: 1,
  nearBranch32: 2,
  nearBranch64: 3,
  immediate8: 6,
  immediate8Second: 7,
  immediate16: 8,
  immediate32: 9,
  immediate64: 10,
  immediate8to16: 11,
  immediate8to32: 12,
  immediate8to64: 13,
  immediate32to64: 14,
  memory: 24,
} as const;

export const FLOW = {
  next: 0,
  unconditionalBranch: 1,
  indirectBranch: 2,
  conditionalBranch: 3,
  return: 4,
  call: 5,
  indirectCall: 6,
  interrupt: 7,
  xbeginXabortXend: 8,
  exception: 9,
} as const;

export const REGISTER = {
  none: 0,
  al: 1,
  ax: 21,
  eax: 37,
  rax: 53,
  eip: 69,
  rip: 70,
  fs: 75,
  gs: 76,
  cr0: 185,
} as const;


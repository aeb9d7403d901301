/** Calls that nobody looked at are said, and what holds them is not clean. */
import test from 'ava';
import { check } from '../../fixer/rules/check.js';
import { readingCode } from '../../fixer/rules/code-catalogue.js';
import {
  buildCodeDriver,
  type CodeDriver,
  ENTER,
  ecx,
  edx,
  LEAVE,
  type Part,
  r8d,
} from '../support/code/code-driver.js';
import { codeEngine, factsOf, parsed } from '../support/code/engine.js';

const allocate = (type: number): Part[] => [
  [...ENTER],
  ecx(type),
  edx(16),
  r8d(1),
  { call: 'ExAllocatePoolWithTag' },
  [...LEAVE],
];

const withText = (text: string, imports: readonly string[] = ['MmGetSystemRoutineAddress']): CodeDriver => ({
  functions: ['ExAllocatePoolWithTag', ...imports],
  parts: [...allocate(512), [...Buffer.from(`${text}\0`, 'utf16le')]],
});

/** Rules that are undetermined, with the reason. */
const undetermined = (driver: CodeDriver): string[] =>
  check(parsed(buildCodeDriver(driver).bytes), { code: readingCode(codeEngine()) }).undetermined.map(
    ({ code, reason }) => `${code} ${reason}`,
  );

test('a judged DDI that MmGetSystemRoutineAddress is asked for by name', (t) => {
  for (const [name, rule] of [
    ['ExAllocatePool2', 'HVCI2000'],
    ['ZwProtectVirtualMemory', 'HVCI2001'],
    ['MmMapLockedPagesSpecifyCache', 'HVCI2002'],
  ] as const) {
    const said = undetermined(withText(name));
    t.deepEqual(
      said.map((each) => each.slice(0, 8)),
      [rule],
      name,
    );
    t.regex(said[0] ?? '', new RegExp(`${name} is found at run time`));
  }
});

test('other names, or nobody to ask: nothing is undetermined', (t) => {
  for (const driver of [withText('RtlGetVersion'), withText('ExAllocatePool2x'), withText('ExAllocatePool2', [])])
    t.deepEqual(undetermined(driver), []);
  const { coverage } = factsOf(buildCodeDriver(withText('RtlGetVersion')).bytes);
  t.regex(coverage.notes.join(), /^functions that MmGetSystemRoutineAddress finds at run time are not examined/);
});

// Compilers load the address once and call through the register too: both calls of the same function were passed as clean.
for (const [what, keeps] of [
  ['stored in a global: mov [r10], rax', [0x49, 0x89, 0x02]],
  ['passed on: mov r9, rax; call r11', [0x49, 0x89, 0xc1, 0x41, 0xff, 0xd3]],
] as const)
  test(`a judged DDI that is called, and whose address is also ${what}`, (t) => {
    const parts = (...bytes: readonly number[][]): Part[] => [
      [...ENTER],
      { load: 'ExAllocatePoolWithTag' },
      ...bytes,
      { load: 'ExAllocatePoolWithTag' },
      ecx(512),
      edx(16),
      r8d(1),
      [0xff, 0xd0], // call rax
      [...LEAVE],
    ];
    const functions = ['ExAllocatePoolWithTag'];
    t.deepEqual(undetermined({ functions, parts: parts() }), []);
    const [said, ...others] = undetermined({ functions, parts: parts([...keeps]) });
    t.deepEqual(others, []);
    t.regex(
      said ?? '',
      /^HVCI2000 the address of ExAllocatePoolWithTag is read near rva 0x100[4-a] and called elsewhere/,
    );
  });

/** Without unwind data functions are told from one another by where execution ends. */
function withoutUnwindData(functions: number): Uint8Array {
  const parts = Array.from({ length: functions }, (_, index) => allocate(index === functions - 1 ? 0 : 512)).flat();
  const { bytes } = buildCodeDriver({ functions: ['ExAllocatePoolWithTag'], parts });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  // PE specification, "Optional Header Data Directories": the exception table is the fourth; behind 112 bytes in PE32+.
  const directory = view.getUint32(0x3c, true) + 24 + 112 + 3 * 8;
  view.setBigUint64(directory, 0n, true);
  return bytes;
}

test('thousands of functions without unwind data: the last one is seen', (t) => {
  const { calls, unseen } = factsOf(withoutUnwindData(4000));
  t.is(calls.length, 4000);
  t.deepEqual(
    calls.filter(({ outcome }) => outcome !== 'ok').map(({ outcome, values }) => [outcome, values]),
    [['violation', [0]]],
  );
  t.deepEqual(unseen, []);
});

test('more of them than one analysis splits: said for every rule that reads calls or stores', (t) => {
  const { unseen } = factsOf(withoutUnwindData(80_000));
  t.deepEqual(
    unseen.map(({ rule }) => rule),
    ['HVCI2000', 'HVCI2001', 'HVCI2002', 'HVCI3004', 'HVCI3005', 'HVCI3006'],
  );
});

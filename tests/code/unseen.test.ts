/** Calls that nobody looked at are said, and what holds them is not clean. */
import test from 'ava';
import { check } from '../../fixer/rules/check.js';
import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { CODE_RULE_CODES } from '../../fixer/rules/codes.js';
import {
  buildCodeDriver,
  type CodeDriver,
  ENTER,
  ecx,
  edx,
  LEAVE,
  type Part,
  positionOf,
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

const FINDER = 'MmGetSystemRoutineAddress';

/** Asks `finder`, or nobody, for the text behind the code, or for what its caller gave it. */
function withText(text: Buffer | string, finder: string | null = FINDER, isNamed = true): CodeDriver {
  const end: Part[] = [...(finder === null ? [] : [{ call: finder }]), [...LEAVE], ...allocate(512)];
  const functions = ['ExAllocatePoolWithTag', ...(finder === null ? [] : [finder])];
  // lea rcx, [rip+disp32] of the text, or mov rcx, rdx.
  const name = isNamed
    ? [0x48, 0x8d, 0x0d, positionOf({ functions, parts: end }, end.length), 0, 0, 0]
    : [0x48, 0x89, 0xd1];
  return { functions, parts: [[...ENTER], name, ...end, [...(typeof text === 'string' ? wide(text) : text)]] };
}

const wide = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le');
const narrow = (text: string): Buffer => Buffer.from(`\0${text}\0`, 'latin1');

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
  for (const driver of [withText('RtlGetVersion'), withText('ExAllocatePool2x'), withText('ExAllocatePool2', null)])
    t.deepEqual(undetermined(driver), []);
  const { coverage } = factsOf(buildCodeDriver(withText('RtlGetVersion')).bytes);
  t.regex(coverage.notes.join(), /^functions that MmGetSystemRoutineAddress finds at run time are not examined/);
});

test('a name of one byte a letter, which is made wide or passed on as it is', (t) => {
  for (const finder of [FINDER, 'RtlFindExportedRoutineByName', 'FltGetRoutineAddress'])
    t.true(
      undetermined(withText(narrow('ExAllocatePool2'), finder)).includes(
        `HVCI2000 ExAllocatePool2 is found at run time (${finder}), and calls of what is found there are not examined`,
      ),
      finder,
    );
  const others = ['ExAllocatePool2x', 'no ExAllocatePool2'].map(narrow);
  for (const driver of [
    ...others.map((text) => withText(text, 'FltGetRoutineAddress')),
    withText(narrow('ExAllocatePool2'), null),
  ])
    t.false(undetermined(driver).some((said) => said.includes('is found at run time')));
  // The import table has that name too, once.
  t.true(undetermined(withText(narrow('ExAllocatePoolWithTag'))).some((said) => said.includes('is found at run time')));
  t.false(undetermined(withText('RtlGetVersion')).some((said) => said.includes('is found at run time')));
});

test('a name that is no constant of the image may be that of any function', (t) => {
  const said = undetermined(withText('RtlGetVersion', FINDER, false));
  t.deepEqual(
    said.map((each) => each.slice(0, 8)),
    ['HVCI2000', 'HVCI2001', 'HVCI2002', 'HVCI3005', 'HVCI3006'],
  );
  t.regex(said[0] ?? '', /the function at rva 0x1000 asks MmGetSystemRoutineAddress for a name that is no constant/);
});

test('an import table that cannot be parsed: what the code calls is not known', (t) => {
  const image = buildCodeDriver(withText('RtlGetVersion', null));
  const view = new DataView(image.bytes.buffer, image.bytes.byteOffset);
  // PE specification, "Import Directory Table": the rva of the library's name, in the first descriptor.
  view.setUint32(image.section('INIT').offset + 12, 0x192d365f, true);
  const { undetermined } = check(parsed(image.bytes), { code: readingCode(codeEngine()) });
  const said = undetermined.filter(({ code }) => CODE_RULE_CODES.includes(code));
  t.deepEqual(
    said.map(({ code }) => code),
    CODE_RULE_CODES,
  );
  for (const { reason } of said) t.regex(reason, /^the import table cannot be parsed/);
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

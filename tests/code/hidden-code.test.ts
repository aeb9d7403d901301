/** Code that was packed or encrypted is not clean: what runs is not what the file holds. */
import { createHash } from 'node:crypto';
import test from 'ava';
import { needsCode } from '../../fixer/code/imported.js';
import { mayNeedCode } from '../../fixer/code/judged-names.js';
import { check } from '../../fixer/rules/check.js';
import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { CODE_RULE_CODES } from '../../fixer/rules/codes.js';
import { buildCodeDriver, type CodeDriver, ENTER, ecx, LEAVE, type Part } from '../support/code/code-driver.js';
import { codeEngine, parsed } from '../support/code/engine.js';
import type { DriverSpec } from '../support/image-builder-driver.js';
import { runtimeFunctionTable } from '../support/image-builder-tables.js';

const CALL: readonly Part[] = [[...ENTER], ecx(512), { call: 'ExAllocatePoolWithTag' }, [...LEAVE]];
const driverWith = (functions: readonly string[], parts: readonly Part[], change: DriverSpec['change'] = {}) =>
  buildCodeDriver({ functions, parts, change } satisfies CodeDriver).bytes;
const driver = (change: DriverSpec['change'], parts = CALL) => driverWith(['ExAllocatePoolWithTag'], parts, change);

function undetermined(bytes: Uint8Array): { codes: string[]; reasons: Set<string> } {
  const { undetermined } = check(parsed(bytes), { code: readingCode(codeEngine()) });
  return { codes: undetermined.map(({ code }) => code), reasons: new Set(undetermined.map(({ reason }) => reason)) };
}

/** The section .text by another name, of up to 8 letters. */
function named(bytes: Uint8Array, name: string): Uint8Array {
  const renamed = Buffer.from(bytes);
  renamed.write(name.padEnd(8, '\0'), renamed.indexOf('.text\0\0\0'), 'latin1');
  return renamed;
}

/** Bytes without any pattern, the same in each run. */
function random(length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

test('code as compilers make it is what it is', (t) => {
  t.deepEqual(undetermined(driver({})).codes, []);
});

const withoutBytes = { data: new Uint8Array(0), virtualSize: 0x600 };
for (const [what, bytes, reason] of [
  ['random bytes in place of code', driver({ '.text': { data: random(0x1000) } }), /\.text are as random as/],
  ['a section of UPX', named(driver({}), 'UPX1'), /section UPX1 is executable and named like a packer’s/],
  ['a section of VMProtect', named(driver({}), '.vmp0'), /section \.vmp0 is executable and named like/],
  ['code without raw data', driver({ '.text': withoutBytes }), /\.text is executable and has no bytes/],
] as const)
  test(`${what}: no rule on code passes`, (t) => {
    const { codes, reasons } = undetermined(bytes);
    t.deepEqual(codes.sort(), [...CODE_RULE_CODES].sort());
    t.is(reasons.size, 1);
    t.regex([...reasons].join(), reason);
  });

test('headers that show a packer are reason enough to look, whatever is imported', (t) => {
  const image = parsed(named(driverWith(['IoCreateDevice'], [ENTER, LEAVE]), '.vmp0'));
  t.true(mayNeedCode(image));
  t.true(needsCode(image));
});

test('nothing in the file refers to what is imported', (t) => {
  const { codes, reasons } = undetermined(driver({}, [ENTER, LEAVE]));
  t.deepEqual(codes.sort(), [...CODE_RULE_CODES].sort());
  t.regex([...reasons].join(), /the code refers to 0 of 1 imported functions/);
});

test('nor to what would find all else', (t) => {
  const { codes } = undetermined(driverWith(['MmGetSystemRoutineAddress', 'IoCreateDevice'], [ENTER, LEAVE]));
  t.deepEqual(codes.sort(), [...CODE_RULE_CODES].sort());
});

const OTHERS = ['IoCreateDevice', 'IoDeleteDevice', 'ExFreePoolWithTag'];
const callOthers: Part[] = OTHERS.map((call) => ({ call }));

test('nothing refers to one function to judge: the rule that judges it does not pass', (t) => {
  const functions = [...OTHERS, 'MmMapIoSpaceEx'];
  const { codes, reasons } = undetermined(driverWith(functions, [ENTER, ...callOthers, LEAVE]));
  t.deepEqual(codes, ['HVCI2001']);
  t.regex(
    [...reasons].join(),
    /MmMapIoSpaceEx is imported, and calls of it are not seen: no code in the file names it/,
  );
});

test('nothing but a stub refers to it, and nothing to the stub', (t) => {
  const parts: Part[] = [[...ENTER], ...callOthers, [...LEAVE]];
  const functions = [...OTHERS, 'MmMapIoSpaceEx'];
  const { section } = buildCodeDriver({ functions, parts });
  const stub = section('.text').rva + ENTER.length + OTHERS.length * 6 + LEAVE.length;
  // jmp qword ptr [rip+disp32] through the last slot of the table, which lies behind 0x20 bytes of .rdata.
  const jump = [0xff, 0x25, 0, 0, 0, 0];
  const displacement = section('.rdata').rva + 0x20 + 3 * 8 - (stub + 6);
  jump.splice(2, 2, displacement & 0xff, displacement >>> 8);
  const change: DriverSpec['change'] = {
    '.pdata': { data: (rvaOf) => runtimeFunctionTable([rvaOf('.text'), stub, rvaOf('.rdata')]) },
  };
  t.deepEqual(undetermined(driverWith(functions, [...parts, jump], change)).codes, ['HVCI2001']);
});

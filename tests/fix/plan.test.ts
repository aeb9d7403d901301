import test from 'ava';
import { applyPlan } from '../../fixer/fix/apply.js';
import { mergeEdits, writeEdits } from '../../fixer/fix/edit.js';
import { verifyPlan } from '../../fixer/fix/verify.js';
import { checkSumOf } from '../support/image-builder-checksum.js';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { codesOf, editsOf, fixed, imageOf, planOf } from './fix-support.js';

const rwxInit = { INIT: { characteristics: SCN.initRwx } };
const NX = ['optionalHeader.dllCharacteristics', '6000', '6001'] as [string, string, string];

test('NX is set in a sound image', (t) => {
  const { plan, result } = fixed(t, buildDriver({ dllCharacteristics: 0x60 }));
  t.deepEqual(editsOf(plan), [NX]);
  t.deepEqual(codesOf(result), []);
});

test('NX is set together with the last W+X section it needs gone', (t) => {
  const { plan } = fixed(t, buildDriver({ dllCharacteristics: 0x60, change: rwxInit }));
  t.deepEqual(editsOf(plan), [NX, ['sections[4].characteristics', '200000e2', '20000062']]);
});

test('NX is not set while a section stays W+X', (t) => {
  const more = [{ name: 'PATCH', characteristics: SCN.rwx, data: new Uint8Array(4) }];
  const image = buildDriver({ dllCharacteristics: 0x60, change: rwxInit, more });
  t.deepEqual(
    editsOf(planOf(image.bytes)).map(([field]) => field),
    ['sections[4].characteristics'],
  );
  const asked = planOf(image.bytes, { stripExecute: ['PATCH'] });
  t.true(editsOf(asked).some(([field]) => field === NX[0]));
});

test('NX is not set while the alignment is low', (t) => {
  const image = buildDriver({ dllCharacteristics: 0x60, sectionAlignment: 0x200, relocations: [] });
  t.deepEqual(planOf(image.bytes).edits, []);
});

for (const [what, checkSum] of [
  ['0', 'zero'],
  ['wrong', 'wrong'],
] as const) {
  test(`CheckSum that is ${what} is written anew`, (t) => {
    const image = buildDriver({ checkSum });
    const { plan } = fixed(t, image);
    t.deepEqual(
      plan.edits.map(({ field, causes }) => [field, causes]),
      [['optionalHeader.checkSum', ['HVCI4001']]],
    );
  });
}

for (const length of [0, 1, 2, 3, 5, 7]) {
  test(`CheckSum comes last, over the patched bytes, with ${length} bytes behind the sections`, (t) => {
    const image = buildDriver({ change: rwxInit, overlay: new Uint8Array(length).fill(0xff), checkSum: 'wrong' });
    const { bytes } = fixed(t, image);
    t.is(new DataView(bytes.buffer).getUint32(image.checkSum, true), checkSumOf(bytes, image.checkSum));
  });
}

test('COFF symbols, overlay, NOT_PAGED and DISCARDABLE stay, byte for byte', (t) => {
  const image = buildDriver({
    change: { INIT: { characteristics: 0xea000020 } },
    symbols: [
      { name: 'DriverEntry', value: 0, section: 1, type: 0x20 },
      { name: 'short', value: 4, section: 3 },
    ],
    more: [{ name: '.a_long_section_name', characteristics: 0x48000040, data: new Uint8Array(4) }],
    overlay: Uint8Array.from({ length: 77 }, (_, at) => at),
  });
  const { plan, bytes } = fixed(t, image);
  t.deepEqual(editsOf(plan), [['sections[4].characteristics', '200000ea', '2000006a']]);
  const symbols = imageOf(bytes).coffSymbols;
  t.deepEqual(symbols.ok && symbols.value?.symbols.map(({ name, rva }) => [name, rva]), [
    ['DriverEntry', 0x1000],
    ['short', 0x3004],
  ]);
  t.deepEqual(bytes.slice(-77), image.bytes.slice(-77));
});

test('a plan for other bytes is refused, and nothing is written', (t) => {
  const image = buildDriver({ change: rwxInit });
  const plan = planOf(image.bytes);
  const other = image.bytes.slice();
  other[image.section('INIT').header + 36] = 0x60;
  const applied = applyPlan(other, plan);
  t.false(applied.ok);
  if (!applied.ok) t.like(applied.refusal, { code: 'stale-plan' });
});

test('a plan that cuts more than there is, is refused', (t) => {
  const image = buildDriver({ change: rwxInit, certificate: { place: 'end' } });
  const plan = planOf(image.bytes, { stripSignature: true });
  const applied = applyPlan(image.bytes.slice(0, image.certificate.offset - 1), plan);
  t.is(applied.ok ? null : applied.refusal.code, 'stale-plan');
});

test('a blocked plan is not applied', (t) => {
  const image = buildDriver({ change: rwxInit, certificate: { place: 'end' } });
  const applied = applyPlan(image.bytes, planOf(image.bytes));
  t.is(applied.ok ? null : applied.refusal.code, 'signed');
});

const edit = { offset: 4, length: 4, field: 'f', section: null, cause: 'HVCI0000', description: 'd' } as const;

test('bit edits of one field merge in any order', (t) => {
  const bytes = Uint8Array.of(0, 0, 0, 0, 0xff, 0, 0, 0xff);
  const wishes = [
    { ...edit, clear: 0x80000000 },
    { ...edit, set: 0x100, cause: 'HVCI0001' },
    { ...edit, clear: 0xf },
  ];
  for (const requests of [wishes, wishes.toReversed()]) {
    const merged = mergeEdits(bytes, requests);
    t.is(merged.ok ? merged.edits.map(({ before, after }) => `${before} ${after}`).join() : '', 'ff0000ff f001007f');
  }
});

test('edits that contradict each other or overlap are refused', (t) => {
  const bytes = new Uint8Array(16);
  const conflicts = [
    [
      { ...edit, set: 1 },
      { ...edit, clear: 1 },
    ],
    [
      { ...edit, value: 1 },
      { ...edit, value: 2 },
    ],
    [
      { ...edit, value: 1 },
      { ...edit, set: 1 },
    ],
    [
      { ...edit, set: 1 },
      { ...edit, offset: 6, set: 1 },
    ],
    [
      { ...edit, set: 1 },
      { ...edit, length: 2 as const, set: 1 },
    ],
  ];
  for (const requests of conflicts) t.false(mergeEdits(bytes, requests).ok, JSON.stringify(requests));
});

test('an edit that changes nothing drops out, and a stale one stops all', (t) => {
  const bytes = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0);
  const merged = mergeEdits(bytes, [
    { ...edit, set: 1 },
    { ...edit, offset: 8, set: 1 },
  ]);
  if (!merged.ok) return t.fail(merged.message);
  t.deepEqual(
    merged.edits.map(({ offset }) => offset),
    [8],
  );
  const other = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0);
  t.is(writeEdits(other, merged.edits)?.offset, 8);
  t.is(other[8], 4);
});

test('verification sees a byte that no edit named', (t) => {
  const image = buildDriver({ change: rwxInit });
  const plan = planOf(image.bytes);
  const applied = applyPlan(image.bytes, plan);
  if (!applied.ok) return t.fail();
  const { offset } = image.section('.data');
  applied.bytes[offset] = 0x55;
  const verification = verifyPlan(image.bytes, applied.bytes, plan);
  t.false(verification.ok);
  t.true(verification.problems.some((problem) => problem.includes(`offset ${offset}`)));
});

test('verification sees a finding that is still there, one that is new, and a file that is too long', (t) => {
  const image = buildDriver({ change: rwxInit });
  const plan = planOf(image.bytes);
  const untouched = verifyPlan(image.bytes, image.bytes, plan);
  t.true(untouched.problems.some((problem) => /HVCI2003 INIT is still there/.test(problem)));
  t.true(untouched.problems.some((problem) => /second run/.test(problem)));
  const spoiled = image.bytes.slice();
  spoiled[image.section('.data').header + 39] = 0xe8;
  t.true(
    verifyPlan(image.bytes, spoiled, plan).problems.some((problem) => /new finding: HVCI2003 \.data/.test(problem)),
  );
  const longer = new Uint8Array([...image.bytes, 0]);
  t.true(verifyPlan(image.bytes, longer, plan).problems.some((problem) => /bytes long instead of/.test(problem)));
});

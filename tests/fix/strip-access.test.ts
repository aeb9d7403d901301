import test from 'ava';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { codesOf, editsOf, fixed, planOf } from './fix-support.js';

const rwxInit = { INIT: { characteristics: SCN.initRwx } };
const patch = { name: 'PATCH', characteristics: SCN.rwx, data: new Uint8Array(16) };

test('W goes from INIT, and with it one byte and the checksum', (t) => {
  const image = buildDriver({ change: rwxInit });
  const { plan, bytes, result } = fixed(t, image);
  t.deepEqual(editsOf(plan), [['sections[4].characteristics', '200000e2', '20000062']]);
  t.is(plan.edits[1]?.offset, image.section('INIT').header + 36);
  t.is(bytes.length, image.bytes.length);
  t.deepEqual(codesOf(result), []);
});

test('only MEM_WRITE goes: NOT_PAGED, DISCARDABLE, SHARED and the alignment bits stay', (t) => {
  const { plan } = fixed(t, buildDriver({ change: { INIT: { characteristics: 0xfa5000e0 } } }));
  t.deepEqual(editsOf(plan), [['sections[4].characteristics', 'e00050fa', 'e000507a']]);
});

test('two sections named INIT both lose W', (t) => {
  const image = buildDriver({
    change: rwxInit,
    more: [{ name: 'INIT', characteristics: SCN.initRwx, data: new Uint8Array(4) }],
  });
  const { plan } = fixed(t, image);
  t.deepEqual(
    editsOf(plan).map(([field]) => field),
    ['sections[4].characteristics', 'sections[6].characteristics'],
  );
});

test('a section named init is not touched unasked', (t) => {
  const plan = planOf(buildDriver({ more: [{ ...patch, name: 'init' }] }).bytes);
  t.deepEqual([plan.edits, plan.refusals], [[], []]);
});

for (const directory12 of [true, false]) {
  test(`INIT that holds the import address table is refused, directory 12 ${directory12 ? 'set' : 'empty'}`, (t) => {
    const plan = planOf(buildDriver({ change: rwxInit, iatIn: 'INIT', directory12 }).bytes);
    t.deepEqual(plan.edits, []);
    t.is(plan.refusals.length, 1);
    const [refusal] = plan.refusals;
    t.like(refusal, { code: 'iat-in-section', cause: 'HVCI2003', section: 'INIT' });
    t.regex(refusal?.message ?? '', /0x2005.*Relink/);
  });
}

for (const directory12 of [true, false]) {
  const which = directory12 ? 'set' : 'empty';
  test(`INIT is refused where the import table cannot be read, directory 12 ${which}`, (t) => {
    const directories = { 1: { rva: 0x70000000, size: 40 } };
    const plan = planOf(buildDriver({ change: rwxInit, directory12, directories }).bytes);
    t.deepEqual(plan.edits, []);
    t.is(plan.refusals[0]?.code, 'iat-in-section');
  });
}

test('INIT is refused where the loader writes addresses there that data directory 12 leaves out', (t) => {
  const directories = { 12: { rva: 0x2000, size: 0x10 } };
  const plan = planOf(buildDriver({ change: rwxInit, iatIn: 'INIT', directories }).bytes);
  t.deepEqual(plan.edits, []);
  t.like(plan.refusals[0], { code: 'iat-in-section', section: 'INIT' });
  t.regex(plan.refusals[0]?.message ?? '', /into INIT the addresses of .*data directory 12 leaves out/);
});

for (const [machine, base, field] of [
  ['x64', 0x140000000, 0x58],
  ['x86', 0x10000, 0x3c],
] as const)
  test(`${machine}: INIT is refused where the loader writes the security cookie there`, (t) => {
    // SecurityCookie (PE specification, "The Load Configuration Structure").
    const data = (cookie: number) => {
      const bytes = Buffer.alloc(0x70);
      bytes.writeUInt32LE(bytes.length, 0);
      if (machine === 'x64') bytes.writeBigUInt64LE(BigInt(base + cookie), field);
      else bytes.writeUInt32LE(base + cookie, field);
      return bytes;
    };
    const plan = (inside: string) =>
      planOf(
        buildDriver({
          machine,
          change: rwxInit,
          more: [{ name: '.lc', characteristics: SCN.rdata, data: (rvaOf) => data(rvaOf(inside) + 0x10) }],
          directories: { 10: (rvaOf) => ({ rva: rvaOf('.lc'), size: 0x70 }) },
        }).bytes,
      );
    t.deepEqual(plan('.data').refusals, []);
    const [refusal] = plan('INIT').refusals;
    t.like(refusal, { code: 'store-into-section', section: 'INIT' });
    t.regex(
      refusal?.message ?? '',
      /the loader writes the security cookie into INIT, at rva 0x5010.*\/MERGE of \.data/,
    );
  });

test('another section loses W by name', (t) => {
  const { plan, result } = fixed(t, buildDriver({ more: [patch] }), { stripWrite: ['PATCH'] });
  t.deepEqual(editsOf(plan), [['sections[6].characteristics', '200000e8', '20000068']]);
  t.deepEqual(codesOf(result), []);
});

test('another section loses X by name', (t) => {
  const { plan } = fixed(t, buildDriver({ more: [patch] }), { stripExecute: ['PATCH'] });
  t.deepEqual(editsOf(plan), [['sections[6].characteristics', '200000e8', '200000c8']]);
  t.regex(plan.notes[0] ?? '', /neither the entry point nor .* lies in PATCH; other code in it is not looked for/);
});

test('a named section that holds the import address table keeps W', (t) => {
  const image = buildDriver({ iatIn: '.text', change: { '.text': { characteristics: SCN.rwx } } });
  const plan = planOf(image.bytes, { stripWrite: ['.text'] });
  t.deepEqual(plan.edits, []);
  t.like(plan.refusals[0], { code: 'iat-in-section', section: '.text' });
  t.regex(plan.refusals[0]?.message ?? '', /\.text holds the import address table/);
});

test('the text of a refusal names a section with $& in its name as it is', (t) => {
  const name = "$&$'";
  const image = buildDriver({
    more: [{ ...patch, name }],
    directory12: false,
    directories: { 12: { rva: 0x7000, size: 8 } },
  });
  const plan = planOf(image.bytes, { stripWrite: [name] });
  t.true(plan.refusals[0]?.message.includes(`section ${name} is not taken away: ${name} holds the import`));
});

test('X is not taken from the section of the entry point', (t) => {
  const image = buildDriver({ change: { '.text': { characteristics: SCN.rwx } } });
  const plan = planOf(image.bytes, { stripExecute: ['.text'] });
  t.deepEqual(plan.edits, []);
  t.like(plan.refusals[0], { code: 'section-holds-code', section: '.text', cause: 'HVCI2003' });
  t.regex(plan.refusals[0]?.message ?? '', /entry point, rva 0x1000/);
});

test('X is not taken from a section with a function in the exception directory', (t) => {
  const image = buildDriver({ entryPoint: 0, change: { '.text': { characteristics: SCN.rwx } } });
  const plan = planOf(image.bytes, { stripExecute: ['.text'] });
  t.deepEqual(plan.edits, []);
  t.like(plan.refusals[0], { code: 'section-holds-code', section: '.text' });
  t.regex(plan.refusals[0]?.message ?? '', /exception directory.*0x1000/);
});

test('a section that is not there is named, with those that are', (t) => {
  const plan = planOf(buildDriver().bytes, { stripWrite: ['TEXT'] });
  t.like(plan.refusals[0], { code: 'section-not-found', section: 'TEXT', cause: null });
  t.regex(plan.refusals[0]?.message ?? '', /\.text, \.rdata, \.data, \.pdata, INIT, \.reloc/);
});

test('a section that is not W+X is left alone, and said to be', (t) => {
  const plan = planOf(buildDriver().bytes, { stripWrite: ['.data'], stripExecute: ['.text'] });
  t.deepEqual(plan.edits, []);
  t.deepEqual(
    plan.refusals.map(({ code, section }) => [code, section]),
    [
      ['not-execute-write', '.text'],
      ['not-execute-write', '.data'],
    ],
  );
});

test('a user-mode image is never planned for', (t) => {
  const libraries = [{ name: 'kernel32.dll', functions: ['Sleep'] }];
  const image = buildDriver({ subsystem: 3, libraries, change: rwxInit });
  t.deepEqual(planOf(image.bytes, { stripWrite: ['INIT'] }).edits, []);
});

test('a rule that is switched off is not fixed', (t) => {
  t.deepEqual(planOf(buildDriver({ change: rwxInit }).bytes, {}, { severities: { HVCI2003: 'off' } }).edits, []);
});

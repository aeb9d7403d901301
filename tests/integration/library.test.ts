/** The library as fixer/index.ts documents it, over real drivers and over bytes that are none. */
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import * as library from '../../fixer/index.js';
import { repositoryFile } from '../support/repository.js';
import { committedSample } from '../support/toolchain/samples.js';

const { applyPlan, check, parseImage, parseTargetOs, planFixes, rules, TARGET_OS_NAMES, targetsOf, verifyPlan } =
  library;

const bytesOf = (name: string, arch: 'x64' | 'x86' | 'arm64' = 'x64'): Uint8Array =>
  new Uint8Array(readFileSync(committedSample(name, arch)));

function imageOf(bytes: Uint8Array): library.Image {
  const image = parseImage(bytes);
  if (!image.ok) throw new Error(image.error.message);
  return image.value;
}

test('what is exported, and the bundle exports the same', async (t) => {
  const names = Object.keys(library).sort();
  for (const name of ['applyPlan', 'check', 'parseImage', 'planFixes', 'rules', 'verifyPlan'])
    t.true(names.includes(name));
  const bundle = (await import(repositoryFile('dist/index.js'))) as object;
  t.deepEqual(Object.keys(bundle).sort(), names);
});

for (const arch of ['x64', 'x86', 'arm64'] as const) {
  test(`the documented steps, ${arch}: parse, check, plan, apply, verify`, (t) => {
    const bytes = bytesOf('init-rwx', arch);
    const untouched = bytes.slice();
    const image = imageOf(bytes);
    t.is(image.machine, arch);
    const result = check(image, { targetOs: '1703' });
    t.deepEqual(
      result.findings.map(({ code, section }) => [code, section]),
      [['HVCI2003', 'INIT']],
    );
    t.is(result.findings[0]?.severity, arch === 'x86' ? 'info' : 'warning');
    const plan = planFixes(image, result);
    t.is(plan.blocked, null);
    t.deepEqual(
      plan.edits.map(({ field }) => field),
      ['optionalHeader.checkSum', 'sections[4].characteristics'].map((field) =>
        arch === 'x86' ? field.replace('[4]', `[${sectionIndex(image, 'INIT')}]`) : field,
      ),
    );
    const applied = applyPlan(bytes, plan);
    if (!applied.ok) return t.fail(applied.refusal.message);
    t.deepEqual(bytes, untouched, 'the input is never changed');
    const verification = verifyPlan(bytes, applied.bytes, plan, { targetOs: '1703' });
    t.deepEqual(verification.problems, []);
    t.true(verification.ok);
    t.deepEqual(check(imageOf(applied.bytes)).findings, []);
    t.true(targetsOf(plan)(result.findings[0]!));
    t.deepEqual(planFixes(imageOf(applied.bytes), check(imageOf(applied.bytes))).edits, []);
  });
}

test('what is no Uint8Array: a TypeError that names what is needed; an array of another realm will do', (t) => {
  const bytes = bytesOf('clean');
  for (const wrong of [
    undefined,
    null,
    bytes.buffer,
    'MZ',
    new DataView(bytes.buffer),
    [0x4d, 0x5a],
    new Uint16Array(2),
  ])
    t.throws(() => parseImage(wrong as unknown as Uint8Array), {
      instanceOf: TypeError,
      message: /^parseImage needs a Uint8Array\. Of an ArrayBuffer make one with new Uint8Array\(buffer\)\.$/,
    });
  const foreign = runInNewContext('new Uint8Array(bytes)', { bytes }) as Uint8Array;
  t.false(foreign instanceof Uint8Array);
  t.true(parseImage(foreign).ok);
});

const sectionIndex = (image: library.Image, name: string): number =>
  image.sections.findIndex((section) => section.name === name);

test('results and plans are plain data', (t) => {
  const image = imageOf(bytesOf('init-rwx'));
  const result = check(image);
  const plan = planFixes(image, result);
  t.deepEqual(JSON.parse(JSON.stringify(result)) as typeof result, result);
  t.deepEqual(JSON.parse(JSON.stringify(plan)) as typeof plan, plan);
  t.deepEqual(structuredClone(plan), plan);
});

test('bytes that are no image give an error with code, field, offset and counts', (t) => {
  for (const [bytes, code] of [
    [new Uint8Array(0), 'not-pe'],
    [new TextEncoder().encode('not a driver'), 'not-pe'],
    [bytesOf('clean').subarray(0, 100), 'truncated'],
  ] as const) {
    const image = parseImage(bytes);
    if (image.ok) return t.fail('it was parsed');
    t.is(image.error.code, code);
    t.is(typeof image.error.path, 'string');
    for (const count of [image.error.offset, image.error.needed, image.error.present]) t.true(Number.isInteger(count));
    t.true(image.error.message.length > 0);
  }
});

test('a view into a larger buffer is read where it begins', (t) => {
  const bytes = bytesOf('init-rwx');
  const larger = new Uint8Array(bytes.length + 11).fill(0xcc);
  larger.set(bytes, 7);
  const view = larger.subarray(7, 7 + bytes.length);
  t.deepEqual(check(imageOf(view)), check(imageOf(bytes)));
  const applied = applyPlan(view, planFixes(imageOf(view), check(imageOf(view))));
  t.true(applied.ok && applied.bytes.length === bytes.length);
});

test('a Node Buffer, as readFile gives it: never changed, and the copy shares nothing with it', (t) => {
  const bytes = readFileSync(committedSample('init-rwx'));
  const untouched = Buffer.from(bytes);
  const image = imageOf(bytes);
  const plan = planFixes(image, check(image));
  t.deepEqual(bytes, untouched);
  const applied = applyPlan(bytes, plan);
  if (!applied.ok) return t.fail(applied.refusal.message);
  t.deepEqual(bytes, untouched);
  t.true(verifyPlan(bytes, applied.bytes, plan).ok);
  applied.bytes.fill(0);
  t.deepEqual(bytes, untouched);
});

test('a plan for other bytes is refused, and nothing is written', (t) => {
  const image = imageOf(bytesOf('init-rwx'));
  const plan = planFixes(image, check(image));
  const applied = applyPlan(bytesOf('clean'), plan);
  t.true(!applied.ok && applied.refusal.code === 'stale-plan');
});

test('verifyPlan refuses a byte that no edit asked for, and bytes that are no image', (t) => {
  const bytes = bytesOf('init-rwx');
  const plan = planFixes(imageOf(bytes), check(imageOf(bytes)));
  const applied = applyPlan(bytes, plan);
  if (!applied.ok) return t.fail();
  const tampered = applied.bytes.slice();
  tampered[0x500]! ^= 1;
  const verification = verifyPlan(bytes, tampered, plan);
  t.false(verification.ok);
  t.regex(verification.problems.join(), /offset 1280/);
  t.false(verifyPlan(bytes, new Uint8Array(3), plan).ok);
  t.false(verifyPlan(bytes, bytes, plan).ok, 'nothing was done');
});

test('options: severities, target, treat as driver', (t) => {
  const straddling = imageOf(bytesOf('straddling-relocations'));
  const severity = (options: library.CheckOptions) =>
    check(straddling, options).findings.find(({ code }) => code === 'HVCI3001')?.severity;
  t.is(severity({}), 'error');
  t.is(severity({ targetOs: '1703' }), 'info');
  t.is(severity({ severities: { HVCI3001: 'warning' } }), 'warning');
  t.is(severity({ severities: { HVCI3001: 'off' } }), undefined);
  const symbols = check(straddling, { symbolAt: (rva) => `at ${rva.toString(16)}` }).findings;
  t.true(symbols.some(({ symbol, message }) => symbol?.startsWith('at ') === true || message.includes('at ')));
});

test('Windows releases', (t) => {
  t.is(TARGET_OS_NAMES[0], '1507');
  for (const name of TARGET_OS_NAMES) t.is(parseTargetOs(name), name);
  t.is(parseTargetOs('10.0.15063'), '1703');
  t.is(parseTargetOs('Windows 11'), null);
});

test('rules: each has a code, a name, a title and a page', (t) => {
  const codes = rules.map(({ meta }) => meta.code);
  t.deepEqual(codes, [...new Set(codes)]);
  for (const { meta } of rules) {
    const page = readFileSync(repositoryFile(`fixer/rules/${meta.name}.md`), 'utf8');
    t.true(page.startsWith(`# ${meta.code} ${meta.name}\n`), meta.code);
    t.true(meta.title.length > 0);
  }
});

test('a release that is none is noted with those that are; a plan without hex is refused', (t) => {
  const bytes = bytesOf('init-rwx');
  const image = imageOf(bytes);
  const { notes } = check(image, { targetOs: 'nope' as '1507' });
  t.regex(notes.join(' '), /targetOs nope is none of 1507, .*: judged for 1507/);
  t.deepEqual(check(image, { targetOs: '1703' }).notes, check(image).notes);
  const plan = planFixes(image, check(image));
  for (const after of ['zz00zz00', '00', '']) {
    const applied = applyPlan(bytes, { ...plan, edits: plan.edits.map((edit) => ({ ...edit, after })) });
    t.is(applied.ok ? null : applied.refusal.code, 'stale-plan', after);
  }
  t.true(applyPlan(bytes, plan).ok);
});

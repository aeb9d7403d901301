/** Execute access is not taken from code that runs: by --strip-execute, or by an alignment that protects each section. */
import test from 'ava';
import { applyPlan } from '../../fixer/fix/apply.js';
import { type Plan, planFixes } from '../../fixer/fix/plan.js';
import { verifyPlan } from '../../fixer/fix/verify.js';
import { check } from '../../fixer/rules/check.js';
import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { codeEngine, parsed } from '../support/code/engine.js';
import { type SmallDriver, smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import type { Arch } from '../support/toolchain/recipes.js';
import { toolsReady } from '../support/toolchain/tools.js';

const here = (name: string): string => `__attribute__((section("${name}"), noinline))`;
const allocates = `${here('WXS')} void *allocates(SIZE_T size) { return ExAllocatePoolWithTag(NonPagedPool, size, 1); }`;
const called = `${allocates} CASE(calls)(SIZE_T size) { return allocates(size); }`;
const harmless = `
  ${here('WXS')} void *halves(SIZE_T size) { return (void *)(size / 2); }
  CASE(calls)(SIZE_T size) { return halves(size); }`;
const passedOn = `
  ${here('WXS')} void *halves(SIZE_T size) { return (void *)(size / 2); }
  CASE(registers)(SIZE_T size) { Consume((void *)halves); return (void *)size; }`;
const pointedTo = `
  ${here('WXS')} void *halves(SIZE_T size) { return (void *)(size / 2); }
  void *(*const table[2])(SIZE_T) = { halves, halves };
  CASE(looksUp)(SIZE_T size) { return table[size & 1](size); }`;
const jumpsOn = `
  NOINLINE void *next(SIZE_T size) { Consume((void *)size); return (void *)(SIZE_T)Ask(2); }
  ${here('WXS')} void *jumps(SIZE_T size) { return next(size + 1); }
  CASE(registers)(SIZE_T size) { Consume((void *)jumps); return (void *)size; }`;
const endless = `
  ${here('WXS')} void *waits(SIZE_T size) { for (;;) Ask((ULONG)size); }
  CASE(registers)(SIZE_T size) { Consume((void *)waits); return (void *)size; }`;
const onlyData = `
  __attribute__((section("WXS"))) ULONG counts[64] = {1, 2, 3};
  __attribute__((section("WXS"))) char text[] = "what is written here";
  __attribute__((section("WXS"))) UCHAR returns[4] = {0x90, 0xc3, 0xc3, 0xc3};
  __attribute__((section("WXS"))) ULONG instructions[2] = {0xd65f03c0, 0xd65f03c0};
  __attribute__((section("WXS"))) void *pointers[4] = {counts, text, returns, instructions};
  CASE(writes)(SIZE_T size) { counts[size & 63]++; text[0] = (char)size; Consume(pointers); return pointers[1]; }`;

async function planned(source: string, arch: Arch, link: readonly string[], change?: (bytes: Buffer) => void) {
  const driver: SmallDriver = { source, arch, level: 'O2', link };
  const bytes = await smallDriver(driver);
  change?.(bytes);
  const image = parsed(bytes);
  const options = { code: readingCode(codeEngine()) };
  return { bytes, image, options, result: check(image, options) };
}

function applied(bytes: Buffer, plan: Plan): Uint8Array {
  const after = applyPlan(bytes, plan);
  if (!after.ok) throw new Error(after.refusal.message);
  return after.bytes;
}

/** SectionAlignment (PE specification, "Optional Header Windows-Specific Fields"). */
const lower = (bytes: Buffer) => bytes.writeUInt32LE(0x200, bytes.readUInt32LE(0x3c) + 24 + 32);

const refusals = ({ refusals: all }: Plan): string[] => all.map(({ code, section }) => `${code} ${section}`);

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: --strip-execute of a section whose code is called, registered or in a table is refused`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const cases = { called, harmless, pointedTo, passedOn, jumpsOn, endless };
    for (const [name, source] of Object.entries(cases)) {
      const { image, result } = await planned(source, arch, ['/section:WXS,erw']);
      const plan = planFixes(image, result, { stripExecute: ['WXS'], code: codeEngine() });
      t.deepEqual(refusals(plan), ['section-holds-code WXS'], name);
      t.deepEqual(
        plan.edits.filter(({ field }) => field.startsWith('sections')),
        [],
        name,
      );
    }
  });

  test(`${arch}: --strip-execute of a section of data is planned, and the plan holds`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const { bytes, image, options, result } = await planned(onlyData, arch, ['/section:WXS,erw']);
    const plan = planFixes(image, result, { stripExecute: ['WXS'], code: codeEngine() });
    t.deepEqual(refusals(plan), []);
    const { index } = image.sections.find(({ name }) => name === 'WXS') ?? {};
    t.true(plan.edits.some(({ field }) => field === `sections[${index}].characteristics`));
    t.regex(
      plan.notes.join(),
      /neither the entry point nor a function that is known of lies in WXS; code that only pointers/,
    );
    const after = applied(bytes, plan);
    t.deepEqual(verifyPlan(bytes, after, plan, options, { stripExecute: ['WXS'], code: codeEngine() }).problems, []);
  });

  test(`${arch}: a call that is no longer found is no fix`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const { bytes, image, options, result } = await planned(called, arch, ['/section:WXS,erw']);
    t.true(result.findings.some(({ code, section }) => code === 'HVCI2000' && section === 'WXS'));
    // Nobody looks for code, as without an engine.
    const plan = planFixes(image, result, { stripExecute: ['WXS'] });
    const after = applied(bytes, plan);
    const { problems } = verifyPlan(bytes, after, plan, options, { stripExecute: ['WXS'] });
    t.true(problems.includes('HVCI2000 is no longer found in WXS, though no code was changed'));
  });

  test(`${arch}: the alignment is not raised over code in a section without execute access`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const source = harmless.replaceAll('WXS', 'LATE');
    const { image, result } = await planned(source, arch, ['/section:LATE,rw'], lower);
    const plan = planFixes(image, result, { code: codeEngine() });
    t.deepEqual(refusals(plan), ['section-holds-code null']);
    t.false(plan.edits.some(({ field }) => field === 'optionalHeader.sectionAlignment'));
  });

  test(`${arch}: the alignment is not raised where the code stores into the headers`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const source = `
      extern UCHAR __ImageBase[];
      CASE(marks)(SIZE_T size) { *(volatile ULONG *)(__ImageBase + 0x10) = 1; return (void *)size; }`;
    const { image, result } = await planned(source, arch, [], lower);
    t.deepEqual(refusals(planFixes(image, result, { code: codeEngine() })), ['store-into-section null']);
  });
}

/** Every case of the known-answer drivers, at every level: no false violation, and how many are right. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import type { JudgedCall } from '../../fixer/code/facts.js';
import { parseImage } from '../../fixer/pe/image.js';
import { factsOf } from '../support/code/engine.js';
import { buildKnownDriver, type KnownDriver, levelsFor, sourcesFor } from '../support/code/known-answers.js';
import type { Arch } from '../support/toolchain/recipes.js';
import { toolsReady } from '../support/toolchain/tools.js';

/** Share of the cases that must be right; the rest is undetermined. */
const reach: Record<Arch, number> = { x64: 0.99, arm64: 0.99, x86: 0.99 };

const describe = ({ outcome, values }: JudgedCall): string =>
  outcome === 'undetermined' ? outcome : [outcome, ...[...values].sort((a, b) => a - b)].join(' ');

interface Score {
  cases: number;
  right: number;
  readonly wrong: string[];
  readonly falseViolations: string[];
}

function grade(driver: KnownDriver, calls: readonly JudgedCall[], score: Score): void {
  const bySymbol = new Map<string, JudgedCall[]>();
  for (const call of calls) {
    const symbol = driver.symbols.get(call.function) ?? `rva ${call.function.toString(16)}`;
    bySymbol.set(symbol, [...(bySymbol.get(symbol) ?? []), call]);
  }
  const where = (symbol: string): string => `${driver.arch} ${driver.level} ${driver.source} ${symbol}`;
  for (const { symbol, alternatives } of driver.expectations) {
    const found = (bySymbol.get(symbol) ?? []).map(describe);
    bySymbol.delete(symbol);
    score.cases++;
    if (alternatives.some((expected) => compare(expected, found).isEqual)) {
      score.right++;
      continue;
    }
    const [expected = []] = alternatives;
    score.wrong.push(`${where(symbol)}: expected ${expected.join(', ')}; found ${found.join(', ')}`);
    for (const text of compare(expected, found).unmatched) {
      if (text.startsWith('violation')) score.falseViolations.push(`${where(symbol)}: ${text}`);
    }
  }
  for (const [symbol, others] of bySymbol) {
    for (const call of others)
      if (call.outcome === 'violation') score.falseViolations.push(`${where(symbol)}: ${describe(call)}`);
  }
}

/** The compiler orders calls of different branches as it likes. */
function compare(expected: readonly (readonly string[])[], found: readonly string[]) {
  const left = [...expected];
  const unmatched: string[] = [];
  for (const text of found) {
    const index = left.findIndex((each) => each.includes(text));
    if (index < 0) unmatched.push(text);
    else left.splice(index, 1);
  }
  return { unmatched, isEqual: unmatched.length === 0 && left.length === 0 };
}

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: known answers`, async (t) => {
    if (!toolsReady(t, ['clang-22', 'lld-link-22', 'llvm-dlltool-22'])) return;
    const score: Score = { cases: 0, right: 0, wrong: [], falseViolations: [] };
    const sources = await sourcesFor(arch);
    let perLevel = 0;
    for (const level of levelsFor(arch)) {
      for (const source of sources) {
        const driver = await buildKnownDriver(source, arch, level);
        if (level === 'O0') perLevel += driver.expectations.length;
        grade(driver, factsOf(await readFile(driver.path)).calls, score);
      }
    }
    for (const line of score.wrong) t.log(line);
    t.log(`${arch}: ${score.right} of ${score.cases} right (${perLevel} a level)`);
    t.deepEqual(score.falseViolations, []);
    t.true(perLevel >= 60, `${perLevel} cases`);
    t.true(score.right / score.cases >= reach[arch], `${score.right} of ${score.cases} are right`);
  });
}

/** Bytes of short jumps, 70h to 7Fh, with the distance to `stub` in the byte behind. */
function seemToJump(bytes: Buffer, stub: number): number[] {
  const image = parseImage(bytes);
  const text = image.ok ? image.value.sections[0] : undefined;
  if (text === undefined) return [];
  const { pointerToRawData, virtualAddress, extent } = text;
  return Array.from({ length: extent - 2 }, (_, index) => virtualAddress + index).filter((rva) => {
    const offset = pointerToRawData + rva - virtualAddress;
    return ((bytes[offset] ?? 0) & 0xf0) === 0x70 && rva + 2 + bytes.readInt8(offset + 1) === stub;
  });
}

test('x86: a stub of an import to which bytes of other instructions seem to jump is no call', async (t) => {
  if (!toolsReady(t, ['clang-22', 'lld-link-22', 'llvm-dlltool-22'])) return;
  let shown = 0;
  for (const source of await sourcesFor('x86')) {
    for (const level of levelsFor('x86')) {
      const driver = await buildKnownDriver(source, 'x86', level);
      const stub = [...driver.symbols].find(([, name]) => name.startsWith('_ExAllocatePoolWithTag'))?.[0] ?? 0;
      const bytes = await readFile(driver.path);
      if (stub === 0 || seemToJump(bytes, stub).length === 0) continue;
      shown++;
      const calls = factsOf(bytes).calls.filter((call) => call.function === stub);
      t.deepEqual(calls, [], `${source} ${level}`);
    }
  }
  t.not(shown, 0, 'no build has such bytes: the test shows nothing');
});

/** A word of A64 code that makes the address of the page: ADRP, by the Arm Architecture Reference Manual. */
function makesPage(bytes: Buffer, page: number): boolean {
  const image = parseImage(bytes);
  const text = image.ok ? image.value.sections[0] : undefined;
  if (text === undefined) return false;
  const { pointerToRawData, virtualAddress, sizeOfRawData } = text;
  return Array.from({ length: sizeOfRawData >> 2 }, (_, index) => index * 4).some((at) => {
    const word = bytes.readUInt32LE(pointerToRawData + at);
    const pages = ((word << 8) >> 13) * 4 + ((word >>> 29) & 3);
    return (word & 0x9f000000) >>> 0 === 0x90000000 && ((virtualAddress + at) >> 12) + pages === page >> 12;
  });
}

test('arm64: a stub that nothing calls is no call where the address of another function on its page is made', async (t) => {
  if (!toolsReady(t, ['clang-22', 'lld-link-22', 'llvm-dlltool-22'])) return;
  let shown = 0;
  for (const source of ['callbacks.c', 'stack.c']) {
    for (const level of levelsFor('arm64')) {
      const driver = await buildKnownDriver(source, 'arm64', level);
      const stub = [...driver.symbols].find(([, name]) => name === 'ExAllocatePoolWithTag')?.[0] ?? 0;
      const bytes = await readFile(driver.path);
      if (stub === 0 || !makesPage(bytes, stub)) continue;
      shown++;
      const calls = factsOf(bytes).calls.filter((call) => call.function === stub);
      t.deepEqual(calls, [], `${source} ${level}`);
    }
  }
  t.not(shown, 0, 'no build makes such an address: the test shows nothing');
});

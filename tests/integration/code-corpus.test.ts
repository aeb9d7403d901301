/** Real x64 drivers: how many calls are decided, and whether an independent look-back over llvm-objdump agrees. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { execa } from 'execa';
import type { JudgedCall } from '../../fixer/code/facts.js';
import { importedOf } from '../../fixer/code/imported.js';
import { codeEngine, parsed } from '../support/code/engine.js';
import { findTool, toolPath } from '../support/toolchain/tools.js';

const CORPUS = '/work/shared/corpus';
const OBJDUMP = 'llvm-objdump-22';
const SLOWEST = 2000;

const REGISTERS = [
  ['rcx', 'ecx', 'cx', 'cl'],
  ['rdx', 'edx', 'dx', 'dl'],
  ['r8', 'r8d', 'r8w', 'r8b'],
  ['r9', 'r9d', 'r9w', 'r9b'],
];

/** Judged argument and constant by rva of the call, as far as the instructions right before it show. */
async function lookBack(path: string, imageBase: number, argumentOf: (slot: number) => number | null) {
  const args = ['-d', '--no-show-raw-insn', '--x86-asm-syntax=intel', path];
  const { stdout } = await execa(toolPath(OBJDUMP), args, { maxBuffer: 1 << 28 });
  const found = new Map<number, number | null>();
  let history: string[] = [];
  for (const line of stdout.split('\n')) {
    const [, address, text] = /^\s*([0-9a-f]+):\s+(.*)/.exec(line) ?? [];
    if (address === undefined || text === undefined) {
      history = [];
      continue;
    }
    const slot = /^(?:call|jmp)\s+qword ptr \[rip .*#\s*0x([0-9a-f]+)/.exec(text)?.[1];
    const argument = slot === undefined ? null : argumentOf(Number.parseInt(slot, 16) - imageBase);
    if (argument !== null) found.set(Number.parseInt(address, 16) - imageBase, constantBefore(history, argument));
    history.push(text);
  }
  return found;
}

function constantBefore(history: readonly string[], argument: number): number | null {
  for (const text of history.slice(-25).reverse()) {
    if (/^(?:call|ret|j\w+)\b/.test(text)) return null;
    const names = REGISTERS[argument];
    const [, operation, destination, source] = /^(\w+)\s+([^,]+)(?:, ([^#]*?))?\s*(?:#.*)?$/.exec(text) ?? [];
    if (names !== undefined) {
      if (destination === undefined || !names.includes(destination)) continue;
      if (operation === 'xor' && source === destination) return 0;
      return operation === 'mov' && /^(?:0x[0-9a-f]+|\d+)$/.test(source ?? '') ? Number(source) : null;
    }
    const offset = `0x${(0x20 + 8 * (argument - 4)).toString(16)}`;
    if (destination?.endsWith(`ptr [rsp + ${offset}]`) !== true) continue;
    return operation === 'mov' && /^(?:0x[0-9a-f]+|\d+)$/.test(source ?? '') ? Number(source) : null;
  }
  return null;
}

test('x64 drivers of open-source projects', async (t) => {
  if (!existsSync(CORPUS) || findTool(OBJDUMP) === null) {
    t.log(`skipped: ${CORPUS} or ${OBJDUMP} is not there`);
    t.pass();
    return;
  }
  let callSites = 0;
  let resolved = 0;
  let compared = 0;
  let images = 0;
  const missed: string[] = [];
  const different: string[] = [];
  const slow: string[] = [];
  for (const name of readdirSync(CORPUS).filter((file) => file.endsWith('.sys'))) {
    const image = parsed(readFileSync(`${CORPUS}/${name}`));
    if (image.machine !== 'x64') continue;
    images++;
    const start = performance.now();
    const facts = codeEngine().analyse(image);
    if (performance.now() - start > SLOWEST) slow.push(name);
    const imported = importedOf(image);
    if (facts === null || !imported.ok) continue;
    callSites += facts.coverage.callSites;
    resolved += facts.coverage.resolved;
    const { ddis } = imported.value;
    const argumentOf = (slot: number): number | null => ddis.get(slot)?.judged[0]?.argument.index ?? null;
    const byCall = new Map<number, JudgedCall[]>();
    for (const call of facts.calls) {
      const own = call.chain.at(-1)?.rva ?? call.rva;
      if (call.judged === call.ddi.judged[0]) byCall.set(own, [...(byCall.get(own) ?? []), call]);
    }
    const seen = await lookBack(`${CORPUS}/${name}`, Number(image.optionalHeader.imageBase), argumentOf);
    for (const [rva, constant] of seen) {
      const calls = byCall.get(rva);
      if (calls === undefined) missed.push(`${name} 0x${rva.toString(16)}`);
      if (calls === undefined || constant === null) continue;
      compared++;
      for (const { outcome, values } of calls) {
        if (outcome !== 'undetermined' && !values.includes(constant >>> 0))
          different.push(`${name} 0x${rva.toString(16)}: ${outcome} ${values}, objdump ${constant}`);
      }
    }
  }
  t.log(`${images} images, ${resolved} of ${callSites} calls decided, ${compared} constants compared`);
  t.deepEqual(missed, []);
  t.deepEqual(different, []);
  t.deepEqual(slow, []);
  t.true(images > 20 && compared > 200);
  t.true(resolved / callSites >= 0.95);
});

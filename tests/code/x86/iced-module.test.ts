/**
 * The module that is shipped, and the instruction read out of its memory, against the module of the package and its
 * accessors: over random bytes and over the code of real drivers.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { codeRanges } from '../../../fixer/code/code-ranges.js';
import { Iced, IcedDecoder } from '../../../fixer/code/x86/iced.js';
import { OP_KIND } from '../../../fixer/code/x86/mnemonics.js';
import { parseImage } from '../../../fixer/pe/image.js';
import { instantiateIced } from '../../../plugin/inspection/iced.js';
import { root } from '../../bench/drivers.js';

const CORPUS = '/work/shared/corpus';
const packaged = createRequire(import.meta.url).resolve('iced-x86/iced_x86_bg.wasm');

/** The package's own accessors, which the shipped module does not have. */
type Accessors = Readonly<Record<string, (instruction: number) => number>> & {
  readonly memory: { readonly buffer: ArrayBuffer };
  __wbindgen_malloc(size: number, alignment: number): number;
  __wbindgen_add_to_stack_pointer(by: number): number;
  decoder_new(result: number, bitness: number, data: number, length: number, options: number): void;
  decoder_set_ip(decoder: number, ip: bigint): void;
  decoder_set_position(result: number, decoder: number, position: number): void;
  decoder_decodeOut(decoder: number, instruction: number): void;
  __wbg_decoder_free(decoder: number): void;
  instruction_new(): number;
};

async function shipped(): Promise<Iced> {
  const { icedModule } = (await import(join(root, '.ci/iced/module.mjs'))) as { icedModule(): string };
  return new Iced(instantiateIced(icedModule()));
}

class Reference {
  readonly #iced = instantiateIced(packaged) as unknown as Accessors;
  readonly #instruction = this.#iced.instruction_new();
  #decoder = 0;

  start(bitness: 32 | 64, code: Uint8Array): void {
    if (this.#decoder !== 0) this.#iced.__wbg_decoder_free(this.#decoder);
    const data = this.#iced.__wbindgen_malloc(code.length, 1);
    new Uint8Array(this.#iced.memory.buffer).set(code, data);
    const result = this.#iced.__wbindgen_add_to_stack_pointer(-16);
    this.#iced.decoder_new(result, bitness, data, code.length, 0);
    this.#decoder = new DataView(this.#iced.memory.buffer).getUint32(result, true);
    this.#iced.__wbindgen_add_to_stack_pointer(16);
  }

  decode(position: number, rva: number): void {
    const result = this.#iced.__wbindgen_add_to_stack_pointer(-16);
    this.#iced.decoder_set_position(result, this.#decoder, position);
    this.#iced.__wbindgen_add_to_stack_pointer(16);
    this.#iced.decoder_set_ip(this.#decoder, BigInt(rva));
    this.#iced.decoder_decodeOut(this.#decoder, this.#instruction);
  }

  get(name: string): number {
    return (this.#iced[`instruction_${name}`] as (instruction: number) => number)(this.#instruction);
  }

  wide(name: string): bigint {
    return BigInt(this.get(name));
  }
}

/** Names of the members that differ, with both values. */
function differences(iced: Iced, theirs: Reference, next: number): string[] {
  const found: string[] = [];
  const compare = (name: string, mine: unknown, other: unknown): void => {
    if (mine !== other) found.push(`${name}: ${mine} is ${other}`);
  };
  compare('length', iced.length, theirs.get('length'));
  compare('mnemonic', iced.mnemonic, theirs.get('mnemonic'));
  // Bytes that are no instruction: nothing else is read.
  if (iced.mnemonic === 0) return found;
  compare('flow', iced.flowControl, theirs.get('flowControl'));
  compare('operands', iced.operandCount, theirs.get('opCount'));
  compare('repeats', iced.repeats, theirs.get('hasRepPrefix') !== 0 || theirs.get('hasRepnePrefix') !== 0);
  const relative = (BigInt(iced.displacement) + BigInt(next - iced.nextIp)) & 0xffffffffn;
  for (let operand = 0; operand < Math.min(3, iced.operandCount); operand++) {
    const kind = theirs.get(`op${operand}Kind`);
    compare(`kind ${operand}`, iced.kind(operand), kind);
    if (kind === OP_KIND.register)
      compare(`register ${operand}`, iced.register(operand), theirs.get(`op${operand}Register`));
    if (kind === OP_KIND.nearBranch32 || kind === OP_KIND.nearBranch64)
      compare('target', relative, theirs.wide('nearBranchTarget') & 0xffffffffn);
    if (kind === OP_KIND.immediate8) compare('immediate8', iced.immediate & 0xff, theirs.get('immediate8'));
    if (kind === OP_KIND.immediate8to64 || kind === OP_KIND.immediate8to32)
      compare('immediate8to32', (iced.immediate << 24) >> 24, theirs.get('immediate8to32'));
    if (kind === OP_KIND.immediate16)
      compare('immediate16', iced.immediate & 0xffff, theirs.get('immediate16') & 0xffff);
    if (kind === OP_KIND.immediate32) compare('immediate32', iced.immediate, theirs.get('immediate32') | 0);
    if (kind === OP_KIND.immediate32to64)
      compare('immediate32to64', BigInt(iced.immediate), theirs.wide('immediate32to64'));
    if (kind === OP_KIND.immediate64)
      compare('immediate64', iced.wideImmediate, Number(BigInt.asIntN(64, theirs.wide('immediate64'))));
    if (kind !== OP_KIND.memory) continue;
    const base = theirs.get('memoryBase');
    compare('base', iced.memoryBase, base);
    compare('index', iced.memoryIndex, theirs.get('memoryIndex'));
    compare('scale', iced.memoryScale, theirs.get('memoryIndexScale'));
    compare('size', iced.memorySize, theirs.get('memorySize'));
    const segment = theirs.get('memorySegment');
    compare('thread', iced.isThreadLocal, segment === 75 || segment === 76);
    const displacement = BigInt.asIntN(64, theirs.wide('memoryDisplacement'));
    if (base === 69 || base === 70) compare('address', relative, displacement & 0xffffffffn);
    else compare('displacement', iced.wideDisplacement, Number(displacement));
  }
  return found;
}

/** Decodes all of `code`, one instruction behind the other and sometimes not; returns how many there were. */
function compareAll(
  t: ExecutionContext,
  iced: Iced,
  theirs: Reference,
  bitness: 32 | 64,
  code: Uint8Array,
  rva: number,
) {
  const decoder = new IcedDecoder(iced, bitness, code);
  theirs.start(bitness, code);
  let count = 0;
  for (let at = 0; at < code.length; ) {
    const length = decoder.decode(at);
    theirs.decode(at, rva + at);
    const wrong = differences(iced, theirs, rva + at + length);
    if (wrong.length > 0) {
      const bytes = Buffer.from(code.subarray(at, at + 15)).toString('hex');
      t.fail(`${bitness} bits, ${bytes}: ${wrong.join('; ')}`);
      break;
    }
    count++;
    // Every seventh time the next one starts inside this one, as data between functions makes it.
    at += count % 7 === 0 ? 1 : Math.max(1, length);
  }
  decoder.free();
  return count;
}

/** The same on every run. */
function randomBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

for (const bitness of [32, 64] as const) {
  test(`random bytes, ${bitness} bits`, async (t) => {
    const iced = await shipped();
    const theirs = new Reference();
    let count = 0;
    for (let seed = 1; seed <= 16; seed++)
      count += compareAll(t, iced, theirs, bitness, randomBytes(65536, seed * bitness), 0x1000);
    t.true(count > 200_000, `${count} instructions`);
  });
}

test('code of real drivers', async (t) => {
  if (!existsSync(CORPUS)) {
    t.log(`skipped: ${CORPUS} is not there`);
    t.pass();
    return;
  }
  const iced = await shipped();
  const theirs = new Reference();
  let count = 0;
  for (const name of readdirSync(CORPUS)) {
    const image = parseImage(readFileSync(join(CORPUS, name)));
    if (!image.ok || (image.value.machine !== 'x64' && image.value.machine !== 'x86')) continue;
    const bitness = image.value.machine === 'x64' ? 64 : 32;
    for (const { begin, end } of codeRanges(image.value)) {
      const bytes = image.value.readRva(begin, end - begin);
      if (bytes.ok) count += compareAll(t, iced, theirs, bitness, bytes.value, begin);
    }
  }
  t.log(`${count} instructions`);
  t.true(count > 500_000, `${count} instructions`);
});

test('a module of another layout is refused', (t) => {
  const exports = instantiateIced(packaged);
  const other = { ...exports, decoder_decodeOut: () => undefined };
  t.throws(() => new Iced(other), { message: /not that of iced-x86 1\.21\.0/ });
});

/** Every return address that llvm-objdump's disassembly shows is one; hardly any other place is taken for one. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { execa } from 'execa';
import { parseImage } from '../../../fixer/pe/image.js';
import { endsCall } from '../../../plugin/explain/call-before.js';
import { debugDriver, debugDriverTools } from '../../support/code/debug-driver.js';
import { buildDriver } from '../../support/image-builder-driver.js';
import { toolPath, toolsReady } from '../../support/toolchain/tools.js';

const parsed = (bytes: Uint8Array) => {
  const image = parseImage(bytes);
  if (!image.ok) throw new Error(image.error.message);
  return image.value;
};

/** Addresses of instructions, in their order, and whether each is a call. */
async function disassembled(path: string) {
  const { stdout } = await execa(toolPath('llvm-objdump-22'), ['-d', '--no-show-raw-insn', path]);
  return [...stdout.matchAll(/^\s*([0-9a-f]+):\s+(\S+)/gm)].map(([, address = '', mnemonic = '']) => ({
    address: BigInt(`0x${address}`),
    isCall: /^(?:call[ql]?|bl|blr|blra\w*)$/.test(mnemonic),
  }));
}

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: calls of a real driver`, async (t) => {
    if (!toolsReady(t, [...debugDriverTools, 'llvm-objdump-22'])) return;
    const { image: path } = await debugDriver(arch);
    const image = parsed(readFileSync(path));
    const instructions = await disassembled(path);
    const rvas = instructions.map(({ address }) => Number(address - BigInt(image.optionalHeader.imageBase)));
    const after = instructions.slice(0, -1).map(({ isCall }, index) => ({ isCall, rva: rvas[index + 1] ?? 0 }));
    const calls = after.filter(({ isCall }) => isCall);
    t.true(calls.length >= 6);
    for (const { rva } of calls) t.true(endsCall(image, rva), rva.toString(16));
    const taken = after.filter(({ isCall, rva }) => !isCall && endsCall(image, rva));
    t.true(taken.length * 20 <= after.length, `${taken.length} of ${after.length}`);
    if (arch === 'arm64') t.is(taken.length, 0);
  });
}

/** As llvm-mc-22 assembles them: the encodings are data here. */
const INTEL: readonly (readonly [string, readonly number[]])[] = [
  ['call rel32', [0xe8, 1, 2, 3, 4]],
  ['call rax', [0xff, 0xd0]],
  ['call r10', [0x41, 0xff, 0xd2]],
  ['call [rax]', [0xff, 0x10]],
  ['call [rsp]', [0xff, 0x14, 0x24]],
  ['call [rax+0x10]', [0xff, 0x50, 0x10]],
  ['call [rsp+0x10]', [0xff, 0x54, 0x24, 0x10]],
  ['call [rax+0x1000]', [0xff, 0x90, 0, 0x10, 0, 0]],
  ['call [rsp+0x1000]', [0xff, 0x94, 0x24, 0, 0x10, 0, 0]],
  ['call [rip+0x1000]', [0xff, 0x15, 0, 0x10, 0, 0]],
  ['call [rax*8+0x1000]', [0xff, 0x14, 0xc5, 0, 0x10, 0, 0]],
];
const NONE: readonly (readonly [string, readonly number[]])[] = [
  ['push rax', [0x50]],
  ['jmp [rip+0x1000]', [0xff, 0x25, 0, 0x10, 0, 0]],
  ['jmp rax', [0xff, 0xe0]],
  ['inc eax', [0xff, 0xc0]],
  ['jmp rel32', [0xe9, 1, 2, 3, 4]],
];
/** Without and with pointer authentication. */
const ARM64: readonly (readonly [string, number, boolean])[] = [
  ['bl', 0x94000004, true],
  ['blr x3', 0xd63f0060, true],
  ['blraa x3, x4', 0xd73f0864, true],
  ['blraaz x3', 0xd63f087f, true],
  ['blrab x3, sp', 0xd73f0c7f, true],
  ['blrabz x9', 0xd63f0d3f, true],
  ['br x3', 0xd61f0060, false],
  ['braa x3, x4', 0xd71f0864, false],
  ['ret', 0xd65f03c0, false],
];
const TEXT = 0x1000;

test('the forms of CALL, and what is none', (t) => {
  for (const [forms, expected] of [
    [INTEL, true],
    [NONE, false],
  ] as const) {
    for (const [name, bytes] of forms) {
      const data = Uint8Array.from([...new Array<number>(8).fill(0x90), ...bytes, 0x90]);
      const { bytes: driver } = buildDriver({ change: { '.text': { data } } });
      t.is(endsCall(parsed(driver), TEXT + 8 + bytes.length), expected, name);
    }
  }
});

test('the forms of BL and BLR, and what is none', (t) => {
  for (const [name, word, expected] of ARM64) {
    const data = new Uint8Array(16);
    new DataView(data.buffer).setUint32(4, word, true);
    const { bytes } = buildDriver({ machine: 'arm64', change: { '.text': { data } } });
    t.is(endsCall(parsed(bytes), TEXT + 8), expected, name);
  }
});

test('the start of a section and places outside the image: no call ends there, and nothing throws', (t) => {
  const image = parsed(buildDriver().bytes);
  for (const rva of [0, 1, TEXT, 0x7fff_0000, 2 ** 40]) t.false(endsCall(image, rva), rva.toString(16));
});

test('the start of .text after a call at its very beginning: fewer bytes than the longest form', (t) => {
  const data = Uint8Array.from([0xff, 0xd0, 0x90]);
  const { bytes } = buildDriver({ change: { '.text': { data } } });
  t.true(endsCall(parsed(bytes), TEXT + 2));
});

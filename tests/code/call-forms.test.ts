/** Calls in the forms that MSVC emits, assembled byte for byte: what each must be found to do stands in its source. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import type { JudgedCall } from '../../fixer/code/facts.js';
import { factsOf } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { cachedFolder, keyOf } from '../support/toolchain/cache.js';
import { repositoryRoot } from '../support/toolchain/paths.js';
import type { Arch } from '../support/toolchain/recipes.js';
import { toolFingerprint, toolPath, toolsReady } from '../support/toolchain/tools.js';

const tools = ['clang-22', 'lld-link-22', 'llvm-dlltool-22', 'llvm-readobj-22'];
const machines: Record<Arch, { triple: string; dlltool: string[]; name: string; link: string[] }> = {
  x64: {
    triple: 'x86_64',
    dlltool: ['-m', 'i386:x86-64'],
    name: 'ExAllocatePoolWithTag',
    link: ['/entry:DriverEntry'],
  },
  arm64: { triple: 'aarch64', dlltool: ['-m', 'arm64'], name: 'ExAllocatePoolWithTag', link: ['/entry:DriverEntry'] },
  x86: {
    triple: 'i686',
    dlltool: ['-m', 'i386', '-k'],
    name: 'ExAllocatePoolWithTag@12',
    link: ['/safeseh:no', '/entry:DriverEntry@8'],
  },
};

async function assemble(arch: Arch): Promise<string> {
  const { triple, dlltool, name, link } = machines[arch];
  const source = join(repositoryRoot, `tests/code/call-forms/${arch}.s`);
  const options = [
    '/driver',
    '/subsystem:native',
    '/nodefaultlib',
    '/release',
    '/opt:noref',
    `/machine:${arch}`,
    ...link,
  ];
  const outputs = ['/map:d.map', '/out:d.sys', 'd.obj', 'nt.lib'];
  const key = keyOf(
    JSON.stringify([triple, dlltool, name, options, tools.map(toolFingerprint)]),
    await readFile(source),
  );
  return cachedFolder(`call-forms-${arch}-${key}`, async (own) => {
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'nt.def'), `LIBRARY ntoskrnl.exe\nEXPORTS\n${name}\n`);
    await execa(toolPath('llvm-dlltool-22'), [...dlltool, '-d', 'nt.def', '-l', 'nt.lib'], { cwd: own });
    await execa(toolPath('clang-22'), [`--target=${triple}-pc-windows-msvc`, '-c', '-o', 'd.obj', source], {
      cwd: own,
    });
    await execa(toolPath('lld-link-22'), [...options, ...outputs], { cwd: own });
  });
}

/** Symbols of lld's map by rva, in order. */
function symbolsOf(map: string): { readonly rva: number; readonly name: string }[] {
  const base = Number.parseInt(/load address is ([0-9a-f]+)/i.exec(map)?.[1] ?? '', 16);
  const rows = [...map.matchAll(/^ [0-9a-f]{4}:[0-9a-f]{8} +(\S+) +([0-9a-f]{8,16}) /gm)];
  return rows
    .map(([, name = '', address = '']) => ({
      name: name.replace(/^_(?=case_)/, ''),
      rva: Number.parseInt(address, 16) - base,
    }))
    .sort((a, b) => a.rva - b.rva);
}

/** `expect:` comments and the label that follows each. */
const expectations = (source: string): [name: string, calls: string][] =>
  [...source.matchAll(/(?:#|\/\/) expect: (.*)\n(?:function |\s+\.globl _?)(case_\w+)/g)].map(
    ([, calls = '', name = '']) => [name, calls],
  );

async function judge(t: ExecutionContext, arch: Arch) {
  const folder = await assemble(arch);
  const symbols = symbolsOf(await readFile(join(folder, 'd.map'), 'utf8'));
  const facts = factsOf(await readFile(join(folder, 'd.sys')));
  const found = new Map<string, string>();
  for (const call of facts.calls) {
    const name = symbols.findLast(({ rva }) => rva <= call.rva)?.name ?? '?';
    found.set(name, [found.get(name), describe(call)].filter(Boolean).join(', '));
  }
  const expected = expectations(await readFile(join(repositoryRoot, `tests/code/call-forms/${arch}.s`), 'utf8'));
  t.true(expected.length >= 4);
  for (const [name, calls] of expected) {
    t.is(found.get(name) ?? 'none', calls, `${arch} ${name}`);
    found.delete(name);
  }
  t.deepEqual([...found], [], 'no call is found where there is none');
  return { folder, facts };
}

const describe = ({ outcome, values }: JudgedCall): string => [outcome, ...values].join(' ');

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: every form of a call is judged`, async (t) => {
    if (!toolsReady(t, tools)) return;
    const { folder, facts } = await judge(t, arch);
    const { stdout } = await execa(toolPath('llvm-readobj-22'), ['--coff-load-config', join(folder, 'd.sys')]);
    t.regex(stdout, /GuardCFCheckFunction: 0x[1-9A-F]/, 'the guard is in the load configuration');
    const tagged = facts.calls.filter(({ outcome }) => outcome === 'violation').map(({ tag }) => tag);
    t.true(tagged.filter((tag) => tag === 'Samp').length >= 2);
  });
}

test('x86: the address of a function that is kept for later is said in the notes', async (t) => {
  if (!toolsReady(t, tools)) return;
  const { facts } = await judge(t, 'x86');
  t.is(facts.coverage.notes.length, 1);
  t.regex(facts.coverage.notes[0] ?? '', /^coverage is low: the address of ExAllocatePoolWithTag is read near rva 0x/);
});

test('x64: the bytes are those of the forms', async (t) => {
  if (!toolsReady(t, tools)) return;
  const hex = (await readFile(join(await assemble('x64'), 'd.sys'))).toString('hex');
  t.regex(hex, /48ff15.{8}0f1f440000/, 'import-optimised call');
  t.regex(hex, /48ff25/, 'tail call');
  t.regex(hex, /ffd00f1f00/, 'call by register');
});

test('arm64: a stub that nothing calls is no call', async (t) => {
  if (!toolsReady(t, tools)) return;
  const { facts } = await judge(t, 'arm64');
  t.deepEqual(
    facts.calls.filter(({ outcome }) => outcome === 'undetermined'),
    [],
  );
});

// lld keeps stubs that nothing calls with /debug; the page of this one is named for the callback's address.
for (const [what, kept, isCall] of [
  ['a callback on the stub’s page is given away', 'callback', false],
  ['the stub is given away', 'stub', true],
] as const)
  test(`arm64: ${what}`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const source = `
      PVOID stub(POOL_TYPE type, SIZE_T size, ULONG tag) __asm__("ExAllocatePoolWithTag");
      static NOINLINE ULONG callback(void) { return Ask(2) * 3; }
      CASE(x)(void **slots) { slots[1] = (void *)${kept}; Consume(slots); return ExAllocatePoolWithTag(NonPagedPoolNx, 4, TAG); }`;
    const { calls } = factsOf(await smallDriver({ source, arch: 'arm64', level: 'O2', link: ['/debug'] }));
    t.deepEqual(calls.map(({ outcome }) => outcome).sort(), isCall ? ['ok', 'undetermined'] : ['ok']);
  });

/** The committed addon: its bytes, what it asks of Windows, and how it takes answers that no kernel should give. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { statusWords } from '../../../plugin/native/nt-status.js';
import { optionsIn } from '../../../plugin/status/options.js';
import { scratch } from '../../plugin/files/scratch.js';
import { REPOSITORY, repositoryFile } from '../../support/repository.js';
import { readobj } from '../../support/toolchain/oracles.js';
import { toolsReady } from '../../support/toolchain/tools.js';
import { runNode, runProgram, windowsPath, windowsProgram, windowsTools } from '../../support/windows/windows-node.js';
import { windowsTest } from '../../support/windows/windows-test.js';

const PREBUILD = 'prebuilds/win32-x64/hvci-fix.napi.node';
const committed = repositoryFile(`plugin/native/${PREBUILD}`);
const addonTools = ['cmake', 'ninja', 'x86_64-w64-mingw32-gcc', 'x86_64-w64-mingw32-g++', 'x86_64-w64-mingw32-dlltool'];

test('cmake-js and mingw-w64 build the committed bytes from the source', async (t) => {
  if (!toolsReady(t, addonTools)) return;
  t.timeout(120_000);
  const folder = scratch(t);
  await execa(process.execPath, [repositoryFile('.ci/build-addon.mjs'), folder], { cwd: REPOSITORY });
  const built = readFileSync(join(folder, 'win32-x64/hvci-fix.napi.node'));
  t.true(built.equals(readFileSync(committed)), 'differs: run node .ci/build-addon.mjs');
  t.true(built.equals(readFileSync(repositoryFile(`dist/${PREBUILD}`))), 'dist/ has another: run npm run build');
});

test('it needs Windows and node.exe and nothing else, and no section is writable and executable', async (t) => {
  if (!toolsReady(t, ['llvm-readobj-22'])) return;
  const image = await readobj(committed);
  t.deepEqual(image.imports.map(({ name }) => name).sort(), ['KERNEL32.dll', 'node.exe', 'ntdll.dll']);
  t.is(image.machine, 0x8664);
  for (const { name, characteristics } of image.sections) t.not((characteristics & 0xa0000000) >>> 0, 0xa0000000, name);
});

test('the names of the options are those of winternl.h', (t) => {
  if (!toolsReady(t, ['x86_64-w64-mingw32-gcc'])) return;
  const header = readFileSync('/usr/share/mingw-w64/include/winternl.h', 'utf8');
  const defined = [...header.matchAll(/^#define (CODEINTEGRITY_OPTION_\w+) (0x[0-9a-fA-F]+)/gm)];
  t.true(defined.length >= 14, `${defined.length} options in winternl.h`);
  for (const [, name, bit] of defined)
    t.deepEqual(
      optionsIn(Number(bit)).map((option) => option.name),
      [name],
    );
});

test('the names of the statuses are those of ntstatus.h', (t) => {
  if (!toolsReady(t, ['x86_64-w64-mingw32-gcc'])) return;
  const header = readFileSync('/usr/share/mingw-w64/include/ntstatus.h', 'utf8');
  const defined = [...header.matchAll(/^#define (STATUS_\w+) +\(\(NTSTATUS\) ?(0x[0-9a-fA-F]{8})/gm)];
  const named = defined.filter(([, name = '', value]) => statusWords(Number(value)).includes(`${name}.`));
  t.true(named.some(([, name]) => name === 'STATUS_ACCESS_DENIED'));
  for (const [, name, value] of named)
    t.true(statusWords(Number(value)).startsWith(`${value?.toUpperCase().replace('X', 'x')} ${name}. `), name);
  t.is(named.length, 6, 'each that has words of its own');
  t.regex(statusWords(0xc0001234), /^0xC0001234 is an unusual answer\./);
});

test('a kernel that answers as no kernel should: an error code, never a crash, never for ever', async (t) => {
  if (!toolsReady(t, windowsTools)) return;
  t.timeout(240_000, 'the first run makes the Wine prefix');
  const program = await windowsProgram(
    'kernel-answers',
    [repositoryFile('tests/integration/windows/kernel-answers.c'), repositoryFile('plugin/native/addon/system.c')],
    ['-I', repositoryFile('plugin/native/addon')],
  );
  const { stdout, exitCode } = await runProgram(program, []);
  t.deepEqual(stdout.trim().split(/\r?\n/), [
    'modules 0 0 2',
    'modules 1 c0000022 0',
    'modules 2 c0000004 0',
    'modules 3 c0000004 0',
    'modules 4 0 7d0',
    'modules 5 c0000004 0',
    'modules 6 c0000023 0',
    'modules 7 c0000004 0',
    'modules 8 0 0',
    'modules 9 0 3e9',
    'options 0 0 2401',
    'options 1 c0000003 0',
    'options 2 c0000004 0',
  ]);
  t.is(exitCode, 0);
});

windowsTest('in a real node.exe: both answers, in a worker too, and no memory is lost', async (t) => {
  const script = repositoryFile('tests/integration/windows/ask-addon.cjs');
  const { stdout, stderr } = await runNode(script, [windowsPath(committed)]);
  t.is(stderr, '');
  // Wine's own list, which is short and made up, and its own options.
  const names = ['system32\\ntoskrnl.exe', 'system32\\hal.dll', 'system32\\drivers\\mountmgr.sys'];
  const modules = [0, names.map((name) => [`\\SystemRoot\\${name}`, false, 'bigint', true])];
  t.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
    [
      { thread: 'main', status: 0, options: 1, modules },
      { lost: false },
      { thread: 'worker', status: 0, options: 1, modules },
    ],
  );
});

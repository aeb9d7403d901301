/** How Windows starts us and how we start others: npm's .cmd, hvci-link with a linker that is a .cmd or an .exe. */
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { folderWith } from '../../support/command.js';
import { repositoryFile } from '../../support/repository.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { nodeExe, runNode, runProgram, windowsPath } from '../../support/windows/windows-node.js';
import { windowsTest } from '../../support/windows/windows-test.js';
import { pack } from '../package-support.js';

const link = repositoryFile('dist/link.cjs');
/** A stand-in for a Windows linker: `NAME.cmd OUTPUT ...` makes OUTPUT out of driver.sys and ends with %CODE%. */
const LINKER = '@echo linked %1\r\n@copy /y driver.sys "%~1" >nul\r\n@exit /b %CODE%\r\n';

windowsTest('hvci-link: the linker runs, what it made is fixed, its exit status passes through', async (t) => {
  const { folder, at } = folderWith(t, { 'driver.sys': 'init-rwx' });
  mkdirSync(at('my tools'));
  writeFileSync(at('my tools/lld-link.cmd'), LINKER);
  const linker = 'my tools\\lld-link.cmd';
  const run = (code: number, ...args: string[]) => runNode(link, args, { cwd: folder, env: { CODE: String(code) } });

  const good = await run(0, linker, 'out put.sys', '/DRIVER', '/OUT:out put.sys');
  t.is(good.exitCode, 0, good.stderr);
  t.regex(good.stdout, /linked "out put\.sys"/);
  t.true(`${good.stdout}${good.stderr}`.includes('hvci-fix cleared MEM_WRITE of INIT'));
  t.false(readFileSync(at('out put.sys')).equals(readFileSync(at('driver.sys'))));

  const failed = await run(7, linker, 'failed.sys', '/DRIVER', '/OUT:failed.sys');
  t.is(failed.exitCode, 7);
  t.true(
    readFileSync(at('failed.sys')).equals(readFileSync(at('driver.sys'))),
    'what a failed link left is not touched',
  );

  copyFileSync(committedSample('iat-in-text'), at('driver.sys'));
  const wrong = await run(0, windowsPath(at(linker.replace('\\', '/'))), 'b.sys', '-driver', '-out:b.sys');
  t.is(wrong.exitCode, 1);
  t.regex(`${wrong.stdout}${wrong.stderr}`, /^Z:\\.*\\b\.sys : error HVCI2005: /m);

  const nothing = await run(0, 'no-such-linker\\link.exe', '/DRIVER', '/OUT:c.sys');
  t.is(nothing.exitCode, 2);
  t.regex(nothing.stderr, /^hvci-link : error : /);
});

windowsTest('hvci-link with an .exe: the arguments arrive as they were', async (t) => {
  const { folder, at } = folderWith(t);
  // node.exe itself stands for the linker: it prints what it was given.
  mkdirSync(at('my tools'));
  copyFileSync(await nodeExe('22.23.3'), at('my tools/node.exe'));
  writeFileSync(at('print.cjs'), 'console.log(JSON.stringify(process.argv.slice(2)))');
  const args = ['a b', 'c"d', 'e\\', '/x:&|<>^%PATH%', 'ü😀', ''];
  const { exitCode, stdout } = await runNode(link, ['my tools\\node.exe', 'print.cjs', ...args], { cwd: folder });
  t.is(exitCode, 0);
  t.deepEqual(JSON.parse(stdout), args);
});

windowsTest('the package as npm packs it, started through a .cmd: all that it needs is in it', async (t) => {
  const { folder, at } = folderWith(t, { 'a b.sys': 'iat-in-text' });
  const { tarball } = await pack(folder);
  mkdirSync(at('node_modules/.bin'), { recursive: true });
  await execa('tar', ['xzf', tarball, '-C', at('node_modules')]);
  renameSync(at('node_modules/package'), at('node_modules/hvci-fix'));
  copyFileSync(await nodeExe('22.23.3'), at('node_modules/.bin/node.exe'));
  // What npm's own script comes down to; that one ends in `goto #_undefined_# || ...`, which Wine's cmd.exe does not know.
  const script = '@"%~dp0\\node.exe" "%~dp0\\..\\hvci-fix\\dist\\cli.cjs" %*\r\n';
  writeFileSync(at('node_modules/.bin/hvci-fix.cmd'), script);
  const cmd = (...args: string[]) =>
    runProgram('cmd', ['/c', 'node_modules\\.bin\\hvci-fix.cmd', ...args], { cwd: folder });
  const check = await cmd('check', 'a b.sys', '-q');
  t.is(check.exitCode, 1);
  t.regex(check.stdout, /^a b\.sys\r?\n.*error HVCI2005/s);
  const status = await cmd('status', '--format', 'json');
  t.is((JSON.parse(status.stdout) as { modules: { loaded: number } }).modules.loaded, 3, status.stderr);
});

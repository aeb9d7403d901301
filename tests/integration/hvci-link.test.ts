/** hvci-link around the real linkers. Images are judged by pefile, never by our own report. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'ava';
import { scratch } from '../plugin/files/scratch.js';
import { COMMAND } from '../support/command.js';
import { DRIVER, GNU, isFixed, LINK, link, needed, script, start, workspace } from '../support/hvci-link.js';
import { toolPath, toolsReady } from '../support/toolchain/tools.js';

test('lld-link: what it linked is fixed, and one line says so', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  const result = await link(folder, ['lld-link-22', ...DRIVER, '/section:INIT,ERWD', '/out:a.sys', 'd.obj']);
  t.is(result.exitCode, 0, result.stderr);
  t.is(result.stdout, `${join(folder, 'a.sys')}: hvci-fix cleared MEM_WRITE of INIT, wrote CheckSum`);
  t.true(await isFixed(join(folder, 'a.sys')));
});

test('an error fails the link, names the option, and leaves the image out of date', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  const result = await link(folder, ['lld-link-22', ...DRIVER, '/ALIGN:32', '/out:a.sys', 'd.obj']);
  t.is(result.exitCode, 1);
  t.regex(result.stdout, /a\.sys : error HVCI2004: .*Cause: \/ALIGN:32 in the command line of lld-link\./);
  t.true(statSync(join(folder, 'a.sys')).mtimeMs < statSync(join(folder, 'd.obj')).mtimeMs);
  const named = ['--hvci-mode=check', '--hvci-link-source=LINK_OPTIONS of target foo', 'lld-link-22'];
  const source = await link(folder, [...named, ...DRIVER, '/ALIGN:32', '/out:a.sys', 'd.obj']);
  t.regex(source.stdout, /Cause: \/ALIGN:32 in LINK_OPTIONS of target foo\./);
});

test('check changes no byte, off does not even look', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  const args = [...DRIVER, '/section:INIT,ERWD', '/out:a.sys', 'd.obj'];
  await start(toolPath('lld-link-22'), args, folder);
  const expected = readFileSync(join(folder, 'a.sys'));
  const check = await link(folder, ['lld-link-22', ...args], { HVCI_FIX_MODE: 'check' });
  t.regex(check.stdout, /warning HVCI2003/);
  t.deepEqual(readFileSync(join(folder, 'a.sys')), expected);
  const off = await link(folder, ['--hvci-mode=off', 'lld-link-22', ...args]);
  t.deepEqual([off.exitCode, off.stdout, off.stderr], [0, '', '']);
  t.deepEqual(readFileSync(join(folder, 'a.sys')), expected);
});

test('a program that is no driver comes out as the linker made it, and nothing is said', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  const args = [
    '/subsystem:console',
    '/nodefaultlib',
    '/entry:DriverEntry',
    '/Brepro',
    '/section:INIT,ERWD',
    '/out:a.exe',
    'd.obj',
  ];
  await start(toolPath('lld-link-22'), args, folder);
  const expected = readFileSync(join(folder, 'a.exe'));
  const result = await link(folder, ['lld-link-22', ...args]);
  t.deepEqual([result.exitCode, result.stdout, result.stderr], [0, '', '']);
  t.deepEqual(readFileSync(join(folder, 'a.exe')), expected);
  const step = await start(process.execPath, [COMMAND, 'build-step', '--image', 'a.exe'], folder);
  t.deepEqual([step.exitCode, step.stdout, step.stderr], [0, '', ''], 'the build step by itself says nothing either');
  t.deepEqual(readFileSync(join(folder, 'a.exe')), expected);
});

test('a linker that fails: its words and its status, and no check', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  for (const [tool, args] of [
    ['lld-link-22', [...DRIVER, '/out:a.sys', 'missing.obj']],
    ['x86_64-w64-mingw32-gcc', [...GNU, '-o', 'a.sys', 'missing.o']],
  ] as const) {
    const bare = await start(toolPath(tool), args, folder);
    const wrapped = await link(folder, [toolPath(tool), ...args]);
    t.not(bare.exitCode, 0);
    t.deepEqual(wrapped, bare, tool);
  }
  const odd = script(folder, 'odd-ld', 'echo out; echo err >&2; cp a.old "$2"; exit 42');
  writeFileSync(join(folder, 'a.old'), 'MZ');
  const result = await link(folder, [odd, '-o', 'a.sys', '--subsystem=native']);
  t.deepEqual(result, { exitCode: 42, signal: undefined, stdout: 'out', stderr: 'err' });
});

test('a linker that is killed takes hvci-link with it, by the same signal', async (t) => {
  const folder = scratch(t);
  for (const signal of ['KILL', 'SEGV', 'TERM'] as const) {
    const result = await link(folder, [
      script(folder, 'dying-ld', `kill -${signal} $$`),
      '--subsystem=native',
      '-o',
      'a.sys',
    ]);
    t.is(result.signal, `SIG${signal}`);
    t.is(result.stdout, '');
  }
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} reaches the linker, and hvci-link waits for it`, async (t) => {
    const folder = scratch(t);
    const trap = `trap 'echo cleaned up; exit 3' ${signal.slice(3)}\necho ready\nwhile :; do sleep 0.05; done`;
    const child = spawn(process.execPath, [LINK, script(folder, 'slow-ld', trap)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output === 'ready\n') child.kill(signal);
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    t.deepEqual([status, output], [3, 'ready\ncleaned up\n']);
  });
}

test('response files in UTF-8 and UTF-16, with a path that needs every quote', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  const name = `a 'b' & (c) %d% \u00e9\u{1f600}.sys`;
  const text = `${DRIVER.join('\r\n')} /section:INIT,ERWD\r\n"/out:${name}"\r\nd.obj\r\n`;
  for (const [encoding, bytes] of [
    ['UTF-8', Buffer.from(text)],
    ['UTF-16 LE', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16 BE', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ] as const) {
    writeFileSync(join(folder, 'inner.rsp'), bytes);
    writeFileSync(join(folder, 'outer.rsp'), '@inner.rsp');
    const result = await link(folder, ['lld-link-22', '@outer.rsp']);
    t.is(result.exitCode, 0, `${encoding}: ${result.stderr}`);
    t.true(await isFixed(join(folder, name)), encoding);
  }
});

test('a response file that the linker removes has been read before', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  const lld = toolPath('lld-link-22');
  const tidy = script(
    folder,
    'tidy-ld',
    `cp "\${1#@}" copy.rsp; rm "\${1#@}"; "${lld}" @copy.rsp; status=$?; rm copy.rsp; exit $status`,
  );
  for (const round of [1, 2, 3]) {
    writeFileSync(join(folder, 'a.rsp'), [...DRIVER, '/section:INIT,ERWD', `/out:a${round}.sys`, 'd.obj'].join('\n'));
    const result = await link(folder, [tidy, '@a.rsp']);
    t.is(result.exitCode, 0, result.stdout + result.stderr);
    t.true(await isFixed(join(folder, `a${round}.sys`)));
  }
});

test('default names, and outputs named in each way', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  const gcc = 'x86_64-w64-mingw32-gcc';
  writeFileSync(join(folder, 'gnu.rsp'), `-o 'g h.sys' ${GNU.join(' ')}`);
  for (const [output, args] of [
    ['d.sys', ['lld-link-22', ...DRIVER, 'd.obj']],
    ['d.dll', ['lld-link-22', '/dll', ...DRIVER, 'd.obj']],
    ['r.sys', ['/usr/lib/llvm-22/bin/lld', '-flavor', 'link', ...DRIVER, '-out:r.sys', 'd.obj']],
    [
      'c.sys',
      [
        'clang-22',
        '--target=x86_64-pc-windows-msvc',
        '-fuse-ld=lld',
        '-nostdlib',
        '-nostartfiles',
        '-Wl,/driver,/subsystem:native,/entry:DriverEntry,/nodefaultlib',
        '-o',
        'c.sys',
        'd.obj',
      ],
    ],
    ['a.exe', [gcc, ...GNU, 'd.o']],
    [
      'l.sys',
      ['x86_64-w64-mingw32-ld', '-shared', '--subsystem', 'native', '--entry', 'DriverEntry', '--output=l.sys', 'd.o'],
    ],
    ['g h.sys', [gcc, '@gnu.rsp', 'd.o']],
  ] as const) {
    const result = await link(folder, args, { HVCI_FIX_REPORT: join(folder, 'r.sarif') });
    t.is(result.exitCode, 0, `${output}: ${result.stderr}${result.stdout}`);
    const log = JSON.parse(readFileSync(join(folder, 'r.sarif'), 'utf8')) as {
      runs: { artifacts: { location: { uri: string } }[] }[];
    };
    t.is(basename(decodeURIComponent(log.runs[0]!.artifacts[0]!.location.uri)), output);
    t.true(await isFixed(join(folder, output)), output);
  }
});

test('the linker comes from the first argument, the variable, the configuration, or is found', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  const lld = toolPath('lld-link-22');
  const args = [...DRIVER, '/release', '/out:a.sys', 'd.obj'];
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(lld, join(bin, 'lld-link'));
  const found = await link(folder, args, { PATH: bin });
  t.is(found.exitCode, 0, found.stderr);
  const none = await link(folder, args, { PATH: join(folder, 'none') });
  t.is(none.exitCode, 2);
  t.regex(
    none.stderr,
    /^hvci-link : error : no linker was named and none was found \(lld-link\)\. Set HVCI_LINK_LINKER/,
  );
  const variable = await link(folder, args, { PATH: '/none', HVCI_LINK_LINKER: lld });
  t.is(variable.exitCode, 0, variable.stderr);
  writeFileSync(join(folder, 'hvci-fix.config.json'), JSON.stringify({ linker: lld }));
  const configured = await link(folder, args, { PATH: '/none' });
  t.is(configured.exitCode, 0, configured.stderr);
  writeFileSync(join(folder, 'hvci-fix.config.json'), '{ "linkr": "x" }');
  const wrong = await link(folder, args, { PATH: '/none' });
  t.is(wrong.exitCode, 2);
  t.regex(wrong.stderr, /^hvci-link : error : .*unknown key "linkr"/);
});

test('a linker that cannot be started, hvci-link as its own linker, no arguments', async (t) => {
  const folder = scratch(t);
  const missing = await link(folder, ['no-such-dir/lld-link'], { HVCI_LINK_LINKER: 'no-such-ld' });
  t.is(missing.exitCode, 127);
  t.regex(missing.stderr, /^hvci-link : error : cannot start the linker no-such-ld \(ENOENT\)/);
  const loop = await link(folder, ['-o', 'a.sys'], { HVCI_LINK_LINKER: LINK });
  t.is(loop.exitCode, 2);
  t.regex(loop.stderr, /is hvci-link itself/);
  t.is((await link(folder, [], { PATH: '/none' })).exitCode, 2);
});

test('--help alone is ours, that of a named linker is its own', async (t) => {
  const folder = scratch(t);
  const ours = await link(folder, ['--help']);
  t.is(ours.exitCode, 0);
  t.regex(
    ours.stdout,
    /^Usage: hvci-link .*NAME is mode, config, target-os, project-os, report, baseline, link-source, inf;/s,
  );
  const theirs = script(folder, 'my-ld', 'echo "my help: $*"');
  t.is((await link(folder, [theirs, '--help'])).stdout, 'my help: --help');
});

test('a driver link that leaves no image does not pass', async (t) => {
  const folder = scratch(t);
  const result = await link(folder, [script(folder, 'idle-ld', 'exit 0'), '--subsystem=native', '-o', 'a.sys']);
  t.is(result.exitCode, 2);
  t.regex(result.stdout, /a\.sys : error : .*no such file/);
});

test('a configuration with an unknown key fails the driver link, not another one', async (t) => {
  if (!toolsReady(t, needed)) return;
  const folder = await workspace(t);
  writeFileSync(join(folder, 'hvci-fix.config.json'), '{ "colour": 1 }');
  const result = await link(folder, ['lld-link-22', ...DRIVER, '/out:a.sys', 'd.obj']);
  t.is(result.exitCode, 2);
  t.regex(result.stdout, /^hvci-fix : error : .*hvci-fix\.config\.json.*unknown key "colour"/);
  t.is(
    (await link(folder, ['lld-link-22', '/nodefaultlib', '/entry:DriverEntry', '/subsystem:console', 'd.obj']))
      .exitCode,
    0,
  );
  const failing = [toolPath('lld-link-22'), ...DRIVER, '/out:b.sys', 'missing.obj'];
  t.deepEqual(
    await link(folder, failing),
    await start(failing[0]!, failing.slice(1), folder),
    "the linker's words alone",
  );
});

test('CMake links twice in Debug builds: the last link alone is checked', async (t) => {
  if (!toolsReady(t, [...needed, 'cmake', 'llvm-rc-22', 'llvm-mt-22'])) return;
  const folder = await workspace(t);
  // Notes CheckSum (0 after the link, some number after the fix) each time hvci-link has ended.
  const noting = script(
    folder,
    'noting',
    `"${process.execPath}" "${LINK}" "$@" || exit\nod -An -tu4 -j 208 -N 4 a.sys >> sums`,
  );
  mkdirSync(join(folder, 'x.dir'));
  const tools = ['--intdir=x.dir', `--rc=${toolPath('llvm-rc-22')}`, `--mt=${toolPath('llvm-mt-22')}`, '--manifests'];
  const command = [
    '-E',
    'vs_link_dll',
    ...tools,
    '--',
    noting,
    toolPath('lld-link-22'),
    ...DRIVER,
    '/INCREMENTAL',
    '/out:a.sys',
    'd.obj',
  ];
  const first = await start(toolPath('cmake'), command, folder);
  t.is(first.exitCode, 0, first.stdout + first.stderr);
  t.is(readFileSync(join(folder, 'a.sys')).readUInt32LE(0x3c) + 24 + 64, 208, 'where CheckSum lies');
  const sums = (): boolean[] =>
    readFileSync(join(folder, 'sums'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line) !== 0);
  t.deepEqual(sums(), [false, true]);
  await start(toolPath('cmake'), command, folder);
  t.deepEqual(sums(), [false, true, true], 'the manifest is the same: one link, and it is checked');
  t.true(await isFixed(join(folder, 'a.sys')));
});

/** Which arguments are hvci-link's own, which linker runs, and which of CMake's two passes is checked. */
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseLinkCall } from '../../../plugin/link/call.js';
import { isOurselves, namedLinker } from '../../../plugin/link/linker.js';
import { anotherPassFollows } from '../../../plugin/link/manifest-pass.js';
import { scratch } from '../files/scratch.js';

test('leading arguments stand above the environment; an empty one says nothing', (t) => {
  const environment = { HVCI_FIX_MODE: 'check', HVCI_FIX_REPORT: 'r.sarif' };
  const call = parseLinkCall(
    ['--hvci-mode=fix', '--hvci-config=', '--hvci-link-source=a=b c', 'ld', '--hvci-mode=off'],
    environment,
  );
  t.is(call.problem, null);
  t.deepEqual(call.settings, { mode: 'fix', report: 'r.sarif', 'link-source': 'a=b c' });
  t.deepEqual(call.rest, ['ld', '--hvci-mode=off']);
});

test('INF files: as many as there are', (t) => {
  t.deepEqual(parseLinkCall(['--hvci-inf=a;b.inf', '--hvci-inf=', '--hvci-inf=c.inf', 'ld'], {}).settings, {
    inf: ['a;b.inf', 'c.inf'],
  });
});

test('an unknown or incomplete argument of ours is refused by name', (t) => {
  t.regex(parseLinkCall(['--hvci-modus=x'], {}).problem ?? '', /no option --hvci-modus/);
  t.regex(parseLinkCall(['--hvci-mode', 'x'], {}).problem ?? '', /--hvci-mode needs a value/);
  t.not(parseLinkCall(['--hvci-toString=x'], {}).problem, null);
});

test('the first argument is the linker where it can be one', (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'mylink'), '#!/bin/sh\n');
  chmodSync(join(folder, 'mylink'), 0o755);
  writeFileSync(join(folder, 'a.obj'), '');
  chmodSync(join(folder, 'a.obj'), 0o755);
  const environment = { PATH: '/nowhere', HVCI_LINK_LINKER: 'other' };
  const program = (first: string): string | undefined => namedLinker([first, 'x'], folder, environment)?.program;
  t.is(program('./mylink'), './mylink');
  for (const name of [
    'lld-link',
    'link.exe',
    'lld-link-22',
    'x86_64-w64-mingw32-gcc',
    'ld.lld',
    'clang++-19',
    'rust-lld',
  ])
    t.is(program(name), name, name);
  for (const name of ['a.obj', './a.obj', './missing', '-o', '/NOLOGO', '@a.rsp', 'driver'])
    t.is(program(name), 'other', name);
  t.deepEqual(namedLinker(['-o', 'x'], folder, environment)?.args, ['-o', 'x']);
  t.is(namedLinker(['-o', 'x'], folder, { PATH: '/nowhere' }), null);
});

test('hvci-link is not taken for a linker, under whatever name', (t) => {
  const folder = scratch(t);
  const script = join(folder, 'link.cjs');
  writeFileSync(script, '');
  chmodSync(script, 0o755);
  symlinkSync(script, join(folder, 'ld'));
  t.true(isOurselves('ld', script, { PATH: folder }));
  t.true(isOurselves(join(folder, 'ld'), script, {}));
  t.false(isOurselves('gcc', script, { PATH: folder }));
});

test("only CMake's first manifest pass is passed over", (t) => {
  const folder = scratch(t);
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const follows = (name = 'intermediate.manifest'): boolean =>
    anotherPassFollows([{ name: 'manifestfile', value: name, text: '' }], folder);
  write('embed.manifest', '');
  t.false(follows(), 'the linker wrote no manifest');
  write('intermediate.manifest', '<x/>');
  t.true(follows());
  t.false(follows('driver.sys.manifest'));
  t.false(anotherPassFollows([], folder));
  write('embed.manifest', '<x/>');
  t.false(follows(), 'the manifest is in it already');
});

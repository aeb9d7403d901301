/** The recipes of plugin/link/README.md, with the real build tools. */
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { scratch } from '../plugin/files/scratch.js';
import { GNU, isFixed, LINK, needed, type Run, script, start, workspace } from '../support/hvci-link.js';
import { findTool, toolPath, toolsReady } from '../support/toolchain/tools.js';

test('make: a link that fails its check is done again', async (t) => {
  if (!toolsReady(t, [...needed, 'make'])) return;
  const folder = await workspace(t);
  const rule = `a.sys: d.o\n\t"${process.execPath}" "${LINK}" x86_64-w64-mingw32-gcc ${GNU.join(' ')} $(MORE) -o $@ $<\n`;
  writeFileSync(join(folder, 'Makefile'), rule);
  utimesSync(join(folder, 'd.o'), 1_700_000_000, 1_700_000_000);
  const make = (...args: string[]): Promise<Run> => start(toolPath('make'), args, folder);
  const failed = await make('MORE=-Wl,--omagic');
  t.is(failed.exitCode, 2);
  t.regex(failed.stdout, /a\.sys : error HVCI2003: .*Cause: --omagic in the command line of x86_64-w64-mingw32-gcc/);
  t.is((await make('-q')).exitCode, 1, 'out of date');
  t.is((await make()).exitCode, 0);
  t.is((await make('-q')).exitCode, 0, 'up to date');
});

test('cargo: the linker of .cargo/config.toml', async (t) => {
  if (!toolsReady(t, needed)) return;
  if (findTool('cargo') === null) {
    t.pass('no Rust here');
    return;
  }
  const folder = scratch(t);
  // The target's core library need not be installed: this crate does without.
  const items = ['pointee_sized', 'meta_sized', 'sized'].map(
    (item, index) => `#[lang = "${item}"] pub trait T${index}${index === 0 ? '' : `: T${index - 1}`} {}`,
  );
  const crate = `#![feature(no_core, lang_items)]\n#![no_core]\n#![allow(internal_features)]\n${items.join('\n')}\n#[unsafe(no_mangle)]\npub extern "system" fn DriverEntry(_driver: *mut u8, _path: *mut u8) -> i32 { 0 }\n`;
  const flags = ['/DRIVER', '/SUBSYSTEM:NATIVE', '/NODEFAULTLIB', '/ENTRY:DriverEntry'].map(
    (flag) => `"-Clink-arg=${flag}"`,
  );
  const files: Record<string, string> = {
    'Cargo.toml':
      '[package]\nname = "drv"\nversion = "0.1.0"\nedition = "2024"\n[lib]\ncrate-type = ["cdylib"]\n[profile.dev]\npanic = "abort"\n',
    '.cargo/config.toml': `[build]\ntarget = "x86_64-pc-windows-msvc"\n[target.x86_64-pc-windows-msvc]\nlinker = "${LINK}"\nrustflags = [${flags.join(', ')}]\n`,
    'src/lib.rs': crate,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const build = await start(toolPath('cargo'), ['build', '--offline'], folder, {
    RUSTC_BOOTSTRAP: '1',
    HVCI_LINK_LINKER: 'lld-link-22',
  });
  if (build.exitCode !== 0 && !build.stderr.includes('linking with')) {
    t.log(`not run, this compiler does not take the crate:\n${build.stderr}`);
    t.pass();
    return;
  }
  t.is(build.exitCode, 0, build.stderr);
  const image = join(folder, 'target/x86_64-pc-windows-msvc/debug/drv.dll');
  t.true(existsSync(image));
  t.true(await isFixed(image));
});

test('meson: the compiler of the cross file, which links drivers and other things', async (t) => {
  if (!toolsReady(t, [...needed, 'meson', 'ninja'])) return;
  const folder = await workspace(t);
  const wrapper = script(folder, 'hvci-link', `exec "${process.execPath}" "${LINK}" "$@"`);
  writeFileSync(join(folder, 'dll.c'), 'int answer(void) { return 42; }\n');
  writeFileSync(
    join(folder, 'meson.build'),
    `project('drv', 'c')
shared_module('drv', 'd.c', name_prefix: '', name_suffix: 'sys',
  link_args: ['-nostdlib', '-Wl,--subsystem,native,--entry,DriverEntry', get_option('more')])
shared_library('plain', 'dll.c')
`,
  );
  writeFileSync(join(folder, 'meson_options.txt'), "option('more', type: 'string', value: '-Wl,--omagic')\n");
  const machine = "system = 'windows'\ncpu_family = 'x86_64'\ncpu = 'x86_64'\nendian = 'little'";
  writeFileSync(
    join(folder, 'cross.ini'),
    `[binaries]\nc = ['${wrapper}', 'x86_64-w64-mingw32-gcc']\nar = 'x86_64-w64-mingw32-ar'\n[host_machine]\n${machine}\n`,
  );
  const meson = (...args: string[]): Promise<Run> => start(toolPath('meson'), args, folder);
  const configured = await meson('setup', 'build', '--cross-file', 'cross.ini');
  t.is(configured.exitCode, 0, configured.stdout + configured.stderr);
  const refused = await meson('compile', '-C', 'build');
  t.not(refused.exitCode, 0);
  t.regex(refused.stdout, /drv\.sys : error HVCI2003: .*Cause: --omagic in the command line of x86_64-w64-mingw32-gcc/);
  t.is((await meson('configure', 'build', '-Dmore=-Wl,--nxcompat')).exitCode, 0);
  const built = await meson('compile', '-C', 'build');
  t.is(built.exitCode, 0, built.stdout + built.stderr);
  t.true(await isFixed(join(folder, 'build/drv.sys')));
  t.true(existsSync(join(folder, 'build/libplain.dll')));
});

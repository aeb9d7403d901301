/** What the hook adds to a build: a link of one driver, of fifty, and a build that has nothing to do. CMake, Ninja, lld-link. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './drivers.js';
import { benchEnvironment as env, installed, median, race, report, say, type Timed } from './race.js';

const DRIVERS = 50;
const FOLDER = join(root, 'build/bench/hooks');
/** What both builds are divided by. */
const NODE = 'node -e 0';

export function hooks(rounds: number): void {
  const missing = ['cmake', 'ninja', 'clang-cl-22', 'lld-link-22', 'llvm-dlltool-22'].filter(
    (name) => !installed(name),
  );
  if (missing.length > 0) return void say(`The hooks are not measured: ${missing.join(', ')} is missing.`);
  writeProject();
  const plain = configured('plain', []);
  const hooked = configured('hooked', [
    `-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=${join(FOLDER, 'package/cmake/inject.cmake')}`,
  ]);

  say(
    `\nAn incremental Ninja build that links one driver (${rounds} rounds); "share" is what the hook adds, in ${NODE}:`,
  );
  share(1, race({ [NODE]: [process.execPath, '-e', '0'], plain: relink(plain, 1), hooked: relink(hooked, 1) }, rounds));
  say(`\nThe same with ${DRIVERS} drivers, as many links at once as Ninja likes:`);
  const few = Math.min(rounds, 7);
  const all = { [NODE]: [process.execPath, '-e', '0'], plain: relink(plain, DRIVERS), hooked: relink(hooked, DRIVERS) };
  share(DRIVERS, race(all, few));
  say('\nA build that has nothing to do:');
  report(race({ plain: ninja(plain), hooked: ninja(hooked) }, rounds), 'plain');
  countProcesses();
}

function share(links: number, timed: readonly Timed[]): void {
  report(timed, 'plain');
  const [node = [], plain = [], hooked = []] = timed.map(({ seconds }) => seconds);
  const shares = hooked.map((value, round) => (value - (plain[round] ?? 0)) / links / (node[round] ?? Number.NaN));
  say(`  share of the hook, a link: ${median(shares).toFixed(2)}x ${NODE}`);
}

/** Each driver in a file of its own, from the sample that every rule accepts. */
function writeProject(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(join(FOLDER, 'source'), { recursive: true });
  // A copy: drivers are linked again when their hvci-fix changes, and somebody may build while this runs.
  for (const part of ['cmake', 'dist', 'package.json'])
    cpSync(join(root, part), join(FOLDER, 'package', part), { recursive: true, preserveTimestamps: true });
  writeFileSync(
    join(FOLDER, 'source/CMakeLists.txt'),
    `cmake_minimum_required(VERSION 3.24)
project(bench C)
include("${root}/tests/support/cmake/driver-options.cmake")
foreach(number RANGE 1 ${DRIVERS})
  add_executable(driver\${number} "\${SAMPLES}/clean/driver.c" "\${SAMPLES}/common/device.c")
  set_target_properties(driver\${number} PROPERTIES SUFFIX .sys)
  driver_options(driver\${number})
  driver_link_options(driver\${number} /section:INIT,ERD)
endforeach()
`,
  );
}

/** Configures and builds once; the answer is the build's folder. */
function configured(name: string, settings: readonly string[]): string {
  const build = join(FOLDER, name);
  const toolchain = join(FOLDER, 'package/cmake/toolchains/clang-cl-lld-link.cmake');
  const defines = [`-DCMAKE_TOOLCHAIN_FILE=${toolchain}`, '-DCMAKE_BUILD_TYPE=Release', `-DSAMPLES=${root}/samples`];
  say(`  preparing the ${name} build`);
  must('cmake', ['-G', 'Ninja', '-S', join(FOLDER, 'source'), '-B', build, ...defines, ...settings]);
  must('ninja', ['-C', build]);
  return build;
}

function must(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}

const ninja = (build: string): string[] => ['ninja', '-C', build];

/** Without its image a driver is linked, and nothing else done. Removing costs both builds the same. */
function relink(build: string, drivers: number): string[] {
  const images = Array.from({ length: drivers }, (_, index) => `driver${index + 1}.sys`);
  return ['sh', '-c', 'cd "$0" && rm -f "$@" && ninja "$@" >/dev/null', build, ...images];
}

/** A Node that notes its starts: one for a link, none where nothing is linked. */
function countProcesses(): void {
  const notes = join(FOLDER, 'starts');
  const counting = join(FOLDER, 'counting-node');
  writeFileSync(counting, `#!/bin/sh\n[ "$1" = --version ] || echo x >>"${notes}"\nexec "${process.execPath}" "$@"\n`, {
    mode: 0o755,
  });
  const inject = join(FOLDER, 'package/cmake/inject.cmake');
  const build = configured('counted', [`-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=${inject}`, `-DHVCI_FIX_NODE=${counting}`]);
  const starts = (): number => (existsSync(notes) ? readFileSync(notes, 'utf8').length / 2 : 0);
  const first = starts();
  must('ninja', ['-C', build]);
  say(`  processes of the hook: ${first} for ${DRIVERS} links, ${starts() - first} where nothing was linked`);
}

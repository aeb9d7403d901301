#!/usr/bin/env node
// Builds the Windows addon with cmake-js and mingw-w64 (on Linux): node .ci/build-addon.mjs [FOLDER]
// Without FOLDER the committed plugin/native/prebuilds is written anew. The same compiler gives the same bytes; a test
// builds it again and compares, so nobody who only uses or tests hvci-fix needs the compiler.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'plugin/native/addon');
const target = resolve(process.argv[2] ?? join(root, 'plugin/native/prebuilds'), 'win32-x64');
const scratch = mkdtempSync(join(tmpdir(), 'hvci-fix-addon-'));
try {
  const { status, error, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/cmake-js/bin/cmake-js'),
      'build',
      ...['--directory', source, '--out', scratch, '--arch', 'x64', '--config', 'Release', '--generator', 'Ninja'],
      // cmake-js wants to know both, or a native compiler on the PATH.
      ...['--cc', 'x86_64-w64-mingw32-gcc', '--cxx', 'x86_64-w64-mingw32-g++'],
      `--CDCMAKE_TOOLCHAIN_FILE=${join(source, 'x64-mingw-w64.cmake')}`,
    ],
    { cwd: source, encoding: 'utf8' },
  );
  if (error !== undefined || status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}\ncmake-js could not build the addon\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(target, { recursive: true });
    const made = join(target, 'hvci-fix.napi.node');
    copyFileSync(join(scratch, 'Release/hvci-fix.napi.node'), made);
    chmodSync(made, 0o644); // the linker marks it executable
    process.stdout.write(`${made}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

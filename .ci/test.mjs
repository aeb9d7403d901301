#!/usr/bin/env node
// npm test: installs what the tests need, builds, runs them, and closes with "N passed, N failed".
// Arguments go to ava: npm test -- build/tests/rules/*.test.js
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, installPackages, root, run } from './prepare.mjs';

if (process.platform === 'linux') {
  const { status } = (await import('node:child_process')).spawnSync('bash', [join(root, '.ci/setup.sh')], {
    stdio: 'inherit',
  });
  // A missing tool skips tests, says so, and is a failure in CI alone.
  if (status !== 0 && process.env.CI) process.exit(1);
}
installPackages();
build();
run(process.execPath, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'check', '--log-level=error', '.']);

const ava = spawn(process.execPath, [join(root, 'node_modules/ava/entrypoints/cli.mjs'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
});
let tail = '';
ava.stdout.on('data', (data) => {
  process.stdout.write(data);
  tail = (tail + data).slice(-20000);
});
ava.on('close', (status) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ava's colours are escape sequences.
  const plain = tail.replaceAll(/\u001b\[[0-9;]*m/g, '');
  const count = (pattern) => [...plain.matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number), 0);
  const passed = count(/^\s*(\d+) tests? passed$/gm);
  const failed = count(
    /^\s*(\d+) (?:tests? failed|uncaught exceptions?|unhandled rejections?|tests? remained? pending.*)$/gm,
  );
  const skipped = count(/^\s*(\d+) tests? skipped$/gm);
  process.stdout.write(
    `\n${passed} passed, ${status === 0 ? failed : Math.max(failed, 1)} failed, ${skipped} skipped\n`,
  );
  process.exitCode = status === 0 && passed === 0 ? 1 : (status ?? 1);
});

#!/usr/bin/env node
// npm run demo: the main job on a real sample driver. Needs Node and nothing else.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, installPackages, root } from './prepare.mjs';

installPackages();
build();

const folder = mkdtempSync(join(tmpdir(), 'hvci-fix-demo-'));
copyFileSync(join(root, 'samples/init-rwx/init-rwx.x64.sys'), join(folder, 'driver.sys'));
try {
  hvciFix('check', 'driver.sys');
  hvciFix('fix', 'driver.sys');
  hvciFix('check', 'driver.sys');
} finally {
  rmSync(folder, { recursive: true });
}

function hvciFix(...args) {
  process.stdout.write(`\n$ npx hvci-fix ${args.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [join(root, 'dist/cli.cjs'), ...args], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = status ?? 1;
}

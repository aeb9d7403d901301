// What the README's commands share: the npm packages and the build, each only when it is out of date.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);

/** Runs a program with this terminal; ends this process with its status when it fails. */
export function run(program, args, options = {}) {
  const { status, error, signal } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (error !== undefined) fail(`${program} could not be started: ${error.message}`);
  if (status !== 0) fail(`${[program, ...args].join(' ')} ended with ${signal ?? `status ${status}`}`, status ?? 1);
}

export function fail(message, status = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(status);
}

/** `npm ci`, unless node_modules is what package-lock.json says. */
export function installPackages() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node ${process.versions.node} is too old: hvci-fix needs 20.19 or later.`);
  const installed = at('node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(at('package-lock.json')).mtimeMs) return;
  process.stdout.write('Installing npm packages (npm ci) ...\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { shell: process.platform === 'win32' });
}

/** The build, unless dist/ is newer than every source. */
export function build() {
  const made = at('dist/cli.cjs');
  const sources = ['fixer', 'plugin', 'tests', '.ci', 'package.json', 'tsconfig.json'];
  if (existsSync(made) && existsSync(at('build/tests')) && newest(sources) <= statSync(made).mtimeMs) return;
  process.stdout.write('Building ...\n');
  run(process.execPath, [at('.ci/build.mjs')]);
}

function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const status = statSync(at(path));
    latest = Math.max(
      latest,
      status.isDirectory() ? newest(readdirSync(at(path)).map((name) => join(path, name))) : status.mtimeMs,
    );
  }
  return latest;
}

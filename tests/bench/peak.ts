/** The most memory that a run of Node took. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './drivers.js';
import { benchEnvironment as env } from './race.js';

/** Resident, as the kernel counted it. */
export function peakMegabytes([program = '', ...args]: readonly string[]): string {
  const folder = join(root, 'build/bench');
  mkdirSync(folder, { recursive: true });
  const script = join(folder, 'peak.cjs');
  writeFileSync(
    script,
    "process.on('exit', () => require('fs').writeSync(2, String(process.resourceUsage().maxRSS)));",
  );
  const { stderr } = spawnSync(program, ['--require', script, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return (Number(/(\d+)$/.exec(stderr)?.[1] ?? Number.NaN) / 1024).toFixed(0);
}

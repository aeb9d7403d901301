/** Folders of many drivers: the image rules against cat, the code rules with one worker and two, peak memory. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli, root, sources } from './drivers.js';
import { benchEnvironment as env, race, report, say } from './race.js';

/** Copies that are no duplicates: each differs in the reserved words of the DOS header. */
function distinctDrivers(count: number): string {
  const folder = join(root, 'build/bench/distinct');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = sources().map((path) => readFileSync(path));
  for (let index = 0; index < count; index++) {
    const bytes = Buffer.from(files[index % files.length] ?? '');
    bytes.writeUInt32LE(index, 0x28);
    writeFileSync(join(folder, `${String(index).padStart(6, '0')}.sys`), bytes);
  }
  return folder;
}

const check = (folder: string, ...options: string[]): string[] => [
  process.execPath,
  cli,
  ...['check', '--format', 'ndjson', '--output', '/dev/null', ...options, folder],
];

export function scan(rounds: number, count: number): void {
  const folder = distinctDrivers(count);
  say(`\nA folder of ${count} drivers, none like another, whole process:`);
  const cat = ['sh', '-c', `find ${folder} -name '*.sys' -print0 | xargs -0 cat > /dev/null`];
  const image = race(
    {
      cat,
      'image rules': check(folder, '--no-code'),
      'image rules, --jobs 2': check(folder, '--no-code', '--jobs', '2'),
    },
    rounds,
  );
  report(image, 'cat');
  const threads = { 'code rules, --jobs 1': '1', 'code rules, --jobs 2': '2' };
  const code = Object.entries(threads).map(([name, jobs]) => [name, check(folder, '--jobs', jobs)]);
  report(race(Object.fromEntries(code), Math.min(rounds, 3)), 'code rules, --jobs 1');
  for (const options of [['--no-code'], ['--jobs', '1'], ['--jobs', '2']])
    say(`  peak memory ${peakMegabytes(check(folder, ...options))} MB  ${options.join(' ')}`);
}

/** As the kernel counted it. */
function peakMegabytes([program = '', ...args]: readonly string[]): string {
  const script = join(root, 'build/bench/peak.cjs');
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

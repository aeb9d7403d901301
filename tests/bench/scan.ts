/** Folders of many drivers: the image rules against cat, the code rules with one worker and two, peak memory. */
import { linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cli, differentDrivers } from './drivers.js';
import { peakMegabytes } from './peak.js';
import { race, report, say } from './race.js';

const check = (folder: string, ...options: string[]): string[] => [
  process.execPath,
  cli,
  ...['check', '--format', 'ndjson', '--output', '/dev/null', ...options, folder],
];

export function scan(rounds: number, count: number): void {
  const folder = differentDrivers(count);
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
  const one = 'code rules, --jobs 1';
  const code = {
    [one]: check(folder, '--jobs', '1'),
    'code rules, --jobs 2': check(folder, '--jobs', '2'),
    // What this machine gives at best: nothing is shared, and nothing waits for anything.
    'code rules, two processes': inHalves(folder),
  };
  report(race(code, Math.min(rounds, 3)), one);
  for (const options of [['--no-code'], ['--jobs', '1'], ['--jobs', '2']])
    say(`  peak memory ${peakMegabytes(check(folder, ...options))} MB  ${options.join(' ')}`);
}

/** Each process checks every other driver. */
function inHalves(folder: string): string[] {
  const halves = [`${folder}-a`, `${folder}-b`];
  for (const half of halves) {
    rmSync(half, { recursive: true, force: true });
    mkdirSync(half);
  }
  readdirSync(folder).forEach((name, index) => {
    linkSync(join(folder, name), join(halves[index % 2] ?? '', name));
  });
  const commands = halves.map((half) => check(half, '--jobs', '1').join(' '));
  return ['sh', '-c', `${commands.join(' & ')}; wait`];
}

/** The engine and its command: one driver, cold, and the image rules over a folder. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { cli, differentDrivers, folderOf, sources } from './drivers.js';
import { peakMegabytes } from './peak.js';
import { benchEnvironment as env, installed, race, report, say } from './race.js';

export function cold(rounds: number): void {
  const files = sources().map((path) => ({ path, size: statSync(path).size }));
  const closest = files.sort((a, b) => Math.abs(a.size - 60_000) - Math.abs(b.size - 60_000))[0];
  if (closest === undefined) return;
  say(`One driver of ${closest.size} bytes, cold, whole process, against node -e 0 (${rounds} rounds):`);
  const uncached = 'NODE_DISABLE_COMPILE_CACHE=1';
  // The first three runs keep what they compiled, and are not measured.
  for (const format of ['text', 'msbuild', 'json', 'text', 'msbuild', 'json', 'text', 'msbuild', 'json'])
    spawnSync(process.execPath, [cli, 'check', '--format', format, closest.path], { env });
  const timed = race(
    {
      'node -e 0': [process.execPath, '-e', '0'],
      'hvci-fix check': [process.execPath, cli, 'check', closest.path],
      'hvci-fix check --format msbuild': [process.execPath, cli, 'check', '--format', 'msbuild', closest.path],
      'hvci-fix check --format json': [process.execPath, cli, 'check', '--format', 'json', closest.path],
      'hvci-fix check, nothing kept': [uncached, process.execPath, cli, 'check', closest.path],
      'hvci-fix check --format msbuild, nothing kept': [
        uncached,
        process.execPath,
        cli,
        'check',
        '--format',
        'msbuild',
        closest.path,
      ],
      'hvci-fix fix --dry-run': [process.execPath, cli, 'fix', '--dry-run', '--strip-signature', closest.path],
    },
    rounds,
  );
  report(timed, 'node -e 0');
}

export function folder(rounds: number, count: number): void {
  const drivers = differentDrivers(count);
  const copies = folderOf(count);
  const size = spawnSync('du', ['-sb', drivers], { encoding: 'utf8' }).stdout.split('\t')[0];
  say(`\nThe image rules over ${count} drivers (${size} bytes), none like another, whole process, one thread:`);
  const every = (command: string): string[] => [
    'sh',
    '-c',
    `find ${drivers} -name '*.sys' -print0 | xargs -0 ${command} > /dev/null 2>&1 || true`,
  ];
  const scan = 'hvci-fix check --no-code --format ndjson';
  const scanning = [
    process.execPath,
    cli,
    'check',
    '--no-code',
    '--format',
    'ndjson',
    '--output',
    '/dev/null',
    drivers,
  ];
  const fast = race(
    {
      cat: every('cat'),
      [scan]: scanning,
      'the same of plain copies, which are examined once': [...scanning.slice(0, -1), copies],
    },
    Math.min(rounds, 11),
  );
  report(fast, 'cat');

  const python = (options: string): string[] => [
    '/usr/bin/python3',
    '-c',
    `import pefile,glob\nfor f in glob.glob('${drivers}/*.sys'):\n  pefile.PE(f${options})`,
  ];
  const peers: Record<string, readonly string[]> = {
    [scan]: scanning,
  };
  if (spawnSync('/usr/bin/python3', ['-c', 'import pefile']).status === 0) {
    peers['pefile, fast_load'] = python(', fast_load=True');
    peers['pefile, full parse'] = python('');
  }
  if (installed('llvm-readobj-22'))
    peers['llvm-readobj, once a file'] = every('-n 1 llvm-readobj-22 --file-headers --sections --coff-basereloc');
  if (installed('readpe')) peers['readpe, once a file'] = every('-n 1 readpe');
  report(race(peers, 1), scan);
  const command = [process.execPath, cli, 'check', '--no-code', '--format', 'ndjson', drivers];
  say(`  peak memory ${peakMegabytes(command)} MB`);
}

/**
 * npm run bench: speed as ratios against named peers, measured side by side in one run. Nothing is asserted.
 * Arguments: --rounds N (default 31), --drivers N (default 2000).
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const cli = join(root, 'dist/cli.cjs');
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '31' }, drivers: { type: 'string', default: '2000' } },
});
const rounds = Number(values.rounds);
// Node 20 loads that file at start, which shrinks every ratio.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

interface Timed {
  readonly name: string;
  readonly seconds: number[];
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

function once(command: readonly string[]): number {
  const start = process.hrtime.bigint();
  const { error } = spawnSync(command[0] ?? '', command.slice(1), {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 30,
  });
  if (error !== undefined) throw error;
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Each round runs every command once, so that what else the machine does falls on all of them. */
function race(commands: Readonly<Record<string, readonly string[]>>, times: number): Timed[] {
  const timed = Object.keys(commands).map((name): Timed => ({ name, seconds: [] }));
  for (let round = 0; round < times; round++) {
    for (const { name, seconds } of timed) seconds.push(once(commands[name] ?? []));
  }
  return timed;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** `of` against `against`: the median of the rounds' ratios. */
function ratio(timed: readonly Timed[], of: string, against: string): string {
  const a = timed.find(({ name }) => name === of)?.seconds ?? [];
  const b = timed.find(({ name }) => name === against)?.seconds ?? [];
  return `${median(a.map((value, round) => value / (b[round] ?? Number.NaN))).toFixed(2)}x`;
}

function report(timed: readonly Timed[], against: string): void {
  for (const { name, seconds } of timed) {
    say(
      `  ${name.padEnd(52)} ${(median(seconds) * 1000).toFixed(1).padStart(9)} ms  ${ratio(timed, name, against).padStart(8)}`,
    );
  }
}

const installed = (program: string): boolean => spawnSync('which', [program]).status === 0;

/** Real drivers: those of ../shared/corpus where that folder is, else the samples. */
function sources(): string[] {
  const corpus = process.env['HVCI_FIX_CORPUS'] ?? join(root, '../shared/corpus');
  if (existsSync(corpus))
    return readdirSync(corpus)
      .filter((name) => name.endsWith('.sys'))
      .map((name) => join(corpus, name));
  const samples = join(root, 'samples');
  return readdirSync(samples).flatMap((name) => {
    const folder = join(samples, name);
    return statSync(folder).isDirectory()
      ? readdirSync(folder)
          .filter((file) => file.endsWith('.sys'))
          .map((file) => join(folder, file))
      : [];
  });
}

function folderOf(count: number): string {
  const folder = join(root, 'build/bench/drivers');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = sources();
  for (let index = 0; index < count; index++)
    copyFileSync(files[index % files.length] ?? '', join(folder, `${String(index).padStart(5, '0')}.sys`));
  return folder;
}

function cold(): void {
  const files = sources().map((path) => ({ path, size: statSync(path).size }));
  const closest = files.sort((a, b) => Math.abs(a.size - 60_000) - Math.abs(b.size - 60_000))[0];
  if (closest === undefined) return;
  say(`One driver of ${closest.size} bytes, cold, whole process, against node -e 0 (${rounds} rounds):`);
  const timed = race(
    {
      'node -e 0': [process.execPath, '-e', '0'],
      'hvci-fix check': [process.execPath, cli, 'check', closest.path],
      'hvci-fix check --format msbuild': [process.execPath, cli, 'check', '--format', 'msbuild', closest.path],
      'hvci-fix check --format json': [process.execPath, cli, 'check', '--format', 'json', closest.path],
      'hvci-fix fix --dry-run': [process.execPath, cli, 'fix', '--dry-run', '--strip-signature', closest.path],
    },
    rounds,
  );
  report(timed, 'node -e 0');
}

function warm(count: number): void {
  const folder = folderOf(count);
  const size = spawnSync('du', ['-sb', folder], { encoding: 'utf8' }).stdout.split('\t')[0];
  say(`\nThe image rules over ${count} drivers (${size} bytes), whole process, one thread:`);
  const every = (command: string): string[] => [
    'sh',
    '-c',
    `find ${folder} -name '*.sys' -print0 | xargs -0 ${command} > /dev/null 2>&1 || true`,
  ];
  const scan = 'hvci-fix check --format ndjson';
  const scanning = [process.execPath, cli, 'check', '--format', 'ndjson', '--output', '/dev/null', folder];
  const fast = race(
    {
      cat: every('cat'),
      [scan]: scanning,
    },
    Math.min(rounds, 11),
  );
  report(fast, 'cat');

  const python = (options: string): string[] => [
    '/usr/bin/python3',
    '-c',
    `import pefile,glob\nfor f in glob.glob('${folder}/*.sys'):\n  pefile.PE(f${options})`,
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
  memory(folder);
}

/** Peak resident memory as the kernel counted it. */
function memory(folder: string): void {
  const script = join(folder, '../peak.cjs');
  writeFileSync(
    script,
    "process.on('exit', () => require('fs').writeSync(2, String(process.resourceUsage().maxRSS)));",
  );
  const command = ['--require', script, cli, 'check', '--format', 'ndjson', folder];
  const { stderr } = spawnSync(process.execPath, command, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  say(`  peak memory ${(Number(/(\d+)$/.exec(stderr)?.[1] ?? Number.NaN) / 1024).toFixed(0)} MB`);
}

cold();
warm(Number(values.drivers));

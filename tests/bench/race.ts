/** Times whole processes side by side: each round runs every command once, and what is printed are the rounds' ratios. */
import { spawnSync } from 'node:child_process';

// Node 20 loads that file at start, which shrinks every ratio.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

export { env as benchEnvironment };

export interface Timed {
  readonly name: string;
  readonly seconds: number[];
}

export const say = (text: string): boolean => process.stdout.write(`${text}\n`);

/** `NAME=VALUE` before the program is a variable of its environment, as in a shell. */
function once(line: readonly string[]): number {
  const program = line.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const variables = Object.fromEntries(line.slice(0, program).map((word) => word.split('=')));
  const command = line.slice(program);
  const start = process.hrtime.bigint();
  const { error } = spawnSync(command[0] ?? '', command.slice(1), {
    env: { ...env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 30,
  });
  if (error !== undefined) throw error;
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Each round runs every command once, so that what else the machine does falls on all of them. */
export function race(commands: Readonly<Record<string, readonly string[]>>, times: number): Timed[] {
  const timed = Object.keys(commands).map((name): Timed => ({ name, seconds: [] }));
  for (let round = 0; round < times; round++) {
    for (const { name, seconds } of timed) seconds.push(once(commands[name] ?? []));
  }
  return timed;
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** `of` against `against`: the median of the rounds' ratios. */
export function ratio(timed: readonly Timed[], of: string, against: string): string {
  const a = timed.find(({ name }) => name === of)?.seconds ?? [];
  const b = timed.find(({ name }) => name === against)?.seconds ?? [];
  return `${median(a.map((value, round) => value / (b[round] ?? Number.NaN))).toFixed(2)}x`;
}

export function report(timed: readonly Timed[], against: string): void {
  for (const { name, seconds } of timed) {
    say(
      `  ${name.padEnd(52)} ${(median(seconds) * 1000).toFixed(1).padStart(9)} ms  ${ratio(timed, name, against).padStart(8)}`,
    );
  }
}

export const installed = (program: string): boolean => spawnSync('which', [program]).status === 0;

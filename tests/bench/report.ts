/** The report: making it against the check itself, opening it, scrolling through it. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { cli, folderOf } from './drivers.js';
import { benchEnvironment as env, median, say } from './race.js';

/** In milliseconds from the start of the navigation; for each step of scrolling the CPU time of the page's main thread. */
interface Seen {
  readonly interactive: number;
  readonly frames: readonly number[];
}

export async function report(rounds: number, count: number): Promise<void> {
  const drivers = differentDrivers(count);
  const page = join(drivers, '../report.html');
  const check = ['check', '--format', 'ndjson', '--output', join(drivers, '../check.ndjson'), drivers];
  const commands = { check, report: ['report', '--output', page, drivers] };
  const seconds: Record<keyof typeof commands, number[]> = { check: [], report: [] };
  for (let round = 0; round < Math.min(rounds, 9); round++) {
    for (const name of ['check', 'report'] as const) seconds[name].push(userSeconds(drivers, commands[name]));
  }
  const ratios = seconds.report.map((value, round) => value / (seconds.check[round] ?? Number.NaN));
  say(`\nA report of ${count} different drivers, user CPU time, load ${loadavg()[0]?.toFixed(1)}:`);
  say(`  check --format ndjson ${(median(seconds.check) * 1000).toFixed(0)} ms`);
  say(`  report                ${(median(seconds.report) * 1000).toFixed(0)} ms  ${median(ratios).toFixed(2)}x`);
  say(`  the page has ${(readFileSync(page).length / 1e6).toFixed(1)} MB`);
  const seen: Seen[] = [];
  for (let round = 0; round < Math.min(rounds, 5); round++) seen.push(await look(page));
  say(
    `  interactive after ${median(seen.map(({ interactive }) => interactive)).toFixed(0)} ms (best ${Math.min(...seen.map(({ interactive }) => interactive)).toFixed(0)})`,
  );
  const worst = seen.map(({ frames }) => Math.max(...frames));
  say(
    `  scrolling by 330 px: ${median(seen.flatMap(({ frames }) => frames)).toFixed(1)} ms of the main thread's CPU, at most ${median(worst).toFixed(1)} ms`,
  );
}

/** Copies that differ in TimeDateStamp: equal ones are analysed once. */
function differentDrivers(count: number): string {
  const folder = folderOf(count);
  for (let index = 0; index < count; index++) {
    const path = join(folder, `${String(index).padStart(5, '0')}.sys`);
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(index, bytes.readUInt32LE(0x3c) + 8);
    writeFileSync(path, bytes);
  }
  return folder;
}

/** What the kernel counted for the command itself: wall time says little on a machine that does other things too. */
function userSeconds(folder: string, args: readonly string[]): number {
  const script = join(folder, '../user-time.cjs');
  writeFileSync(
    script,
    "process.on('exit', () => require('fs').writeSync(2, '\\n' + process.resourceUsage().userCPUTime));",
  );
  const { stderr } = spawnSync(process.execPath, ['--require', script, cli, ...args], { env, encoding: 'utf8' });
  return Number(/(\d+)$/.exec(stderr)?.[1] ?? Number.NaN) / 1e6;
}

async function look(file: string): Promise<Seen> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
    const interactive = await page.evaluate<number>(
      "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd",
    );
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const busy = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000;
    };
    const frames: number[] = [];
    for (let step = 0; step < 200; step++) {
      const before = await busy();
      await page.evaluate(
        'new Promise((done) => { scrollBy(0, 330); requestAnimationFrame(() => requestAnimationFrame(done)); })',
      );
      frames.push((await busy()) - before);
    }
    return { interactive, frames };
  } finally {
    await browser.close();
  }
}

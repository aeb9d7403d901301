/** What the tests under Windows Node share: the tools they need, the time the first one takes, the JSON report. */
import test, { type ExecutionContext } from 'ava';
import { type FromRegistry, registryReady } from '../../integration/package-support.js';
import type { JsonImage, JsonReport } from '../command.js';
import { toolsReady } from '../toolchain/tools.js';
import { nodeExe, runWindows, type WindowsOptions, windowsTools } from './windows-node.js';

export function windowsTest(
  title: string,
  run: (t: ExecutionContext) => Promise<void>,
  tools: readonly string[] = [],
): void {
  test(title, async (t) => {
    t.timeout(240_000, 'the first run makes the Wine prefix and fetches node.exe');
    if (!toolsReady(t, [...windowsTools, ...tools])) return;
    if (registryReady(t, await fetched()) !== null) await run(t);
  });
}

/** node.exe comes from the npm registry: without one the test is skipped, and fails under CI. */
async function fetched(): Promise<FromRegistry<string>> {
  try {
    return { ok: true, value: await nodeExe('22.23.3') };
  } catch (error) {
    return { ok: false, why: `no node.exe for Windows: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** hvci-fix with `--format json`, parsed. */
export async function runWindowsJson(
  args: readonly string[],
  options: WindowsOptions = {},
): Promise<{ readonly exitCode: number; readonly report: JsonReport; readonly image: JsonImage }> {
  const { exitCode, stdout, stderr } = await runWindows([...args, '--format', 'json'], options);
  if (stdout === '') throw new Error(`hvci-fix ${args.join(' ')} printed no report: ${stderr}`);
  const report = JSON.parse(stdout) as JsonReport;
  return { exitCode, report, image: report.images[0]! };
}

/** Machines made of the sample drivers, each really checked: what `status` would find where these are loaded. */
import { OLDEST_TARGET_OS, parseTargetOs } from '../../../fixer/rules/target-os.js';
import { parseCall } from '../../../plugin/call/arguments.js';
import { ImageBuffer } from '../../../plugin/files/read.js';
import { inspect } from '../../../plugin/inspection/inspect.js';
import { settingsOf } from '../../../plugin/session/settings.js';
import { asLoaded } from '../../../plugin/status/check-loaded.js';
import type { CheckedDriver, Machine } from '../../../plugin/status/machine.js';
import { verdictOf } from '../../../plugin/status/verdict.js';

export async function checkedDriver(
  path: string,
  targetOs = '1507',
  more: readonly string[] = [],
): Promise<CheckedDriver> {
  const call = parseCall(['status', '--target-os', targetOs, ...more]);
  const given = await settingsOf(call, '/', parseTargetOs(targetOs) ?? OLDEST_TARGET_OS);
  const settings = asLoaded({ ...given, code: more.includes('--code') });
  const { report } = await inspect({ ok: true, path, named: false }, settings, () => null, new ImageBuffer());
  const module = { path: `\\??\\Z:${path.replaceAll('/', '\\')}`, cut: false, base: 0xfffff80012340000n, size: 0x8000 };
  return { path, module, verdict: verdictOf(report), report };
}

export const machineWith = (drivers: readonly CheckedDriver[], more: Partial<Machine> = {}): Machine => ({
  release: '10.0.26100',
  targetOs: '11-24H2',
  options: 0x401,
  modules: drivers.map(({ module }) => module),
  drivers,
  codeRead: false,
  interrupted: null,
  ...more,
});

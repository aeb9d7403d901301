/** The code engine is loaded, which takes a promise, for drivers alone: what is no driver is judged by no rule. */
import test from 'ava';
import { examine, type Inspected } from '../../../plugin/inspection/inspect.js';
import type { Settings } from '../../../plugin/session/settings.js';
import { buildDriver, SCN } from '../../support/image-builder-driver.js';

const SUBSYSTEM_WINDOWS_CUI = 3;
const change = { '.text': { characteristics: SCN.rwx } };
const program = {
  change,
  subsystem: SUBSYSTEM_WINDOWS_CUI,
  libraries: [{ name: 'KERNEL32.dll', functions: ['Beep'] }],
};

function examined(spec: Parameters<typeof buildDriver>[0], checkOptions: Settings['checkOptions'] = {}) {
  const bytes = Uint8Array.from(buildDriver(spec).bytes);
  const settings = { code: true, hashes: false, pageMap: false, checkOptions } as Settings;
  const identity = { dev: 0n, ino: 0n, size: bytes.length, mtimeNs: 0n, mode: 0 };
  return examine('a.sys', { bytes, identity }, settings, () => null);
}

test('a program with a section that is W+X is no reason to load it', async (t) => {
  const answer = examined(program);
  t.false(answer instanceof Promise);
  const { report }: Inspected = await answer;
  t.is(report.status, 'not-applicable');
  t.deepEqual(report.findings, []);
});

test('a driver with one is, and so is a program that is to be judged as a driver', async (t) => {
  for (const answer of [examined({ change }), examined(program, { treatAs: 'driver' })]) {
    t.true(answer instanceof Promise);
    const { report } = await answer;
    t.true(report.findings.some(({ code }) => code === 'HVCI2003'));
    t.deepEqual(report.coverage.notes, []);
  }
});

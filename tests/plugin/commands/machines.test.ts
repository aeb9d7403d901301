/** A machine that hvci-fix does not know: nobody read its code, so nothing is passed. Numbers from the PE specification. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { run, runJson } from '../../support/command.js';
import { checkSumOf } from '../../support/image-builder-checksum.js';
import { buildDriver } from '../../support/image-builder-driver.js';
import { scratch } from '../files/scratch.js';

/** The usual x64 driver with another number in its file header, and the CheckSum that this makes. */
function driverOf(machine: number): Uint8Array {
  const bytes = buildDriver().bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = view.getUint32(0x3c, true) + 4;
  view.setUint16(header, machine, true);
  const field = header + 20 + 64;
  view.setUint32(field, checkSumOf(bytes, field), true);
  return bytes;
}

const CODE_RULES = ['HVCI2000', 'HVCI2001', 'HVCI2002', 'HVCI3003', 'HVCI3004', 'HVCI3005', 'HVCI3006'];

for (const [name, machine] of [
  ['RISC-V 64', 0x5064],
  ['a number that means nothing', 0xa642],
] as const) {
  test(`${name}: every rule on code is undetermined`, async (t) => {
    const path = join(scratch(t), 'driver.sys');
    writeFileSync(path, driverOf(machine));
    for (const options of [[], ['--no-code']]) {
      const { report } = await runJson(['check', ...options, path]);
      const image = report.images[0];
      t.is(image?.status, 'undetermined');
      t.deepEqual(
        image?.undetermined.map(({ code }) => code),
        CODE_RULES,
      );
    }
    const { stdout, exitCode } = await run(['check', path]);
    t.is(exitCode, 0);
    t.regex(stdout, new RegExp(`machine 0x${machine.toString(16)}`));
    t.is(stdout.match(/its code was not read/g)?.length, 1, 'said once');
    t.notRegex(stdout, /nothing was found/);
  });
}

/** `hvci-fix status --format json`: schema version 1, in step with the report of `check`. */
import { stringifyJson } from '../report/escape.js';
import { VERSION } from '../version.js';
import { addressesHidden, type CheckedDriver, type Machine } from './machine.js';
import { memoryIntegrityIn, optionsIn } from './options.js';

export function statusJson(machine: Machine): string {
  const { release, targetOs, options, modules, drivers, codeRead, interrupted } = machine;
  const count = (load: string): number => drivers.filter(({ verdict }) => verdict.load === load).length;
  const contract = {
    schemaVersion: 1,
    tool: { name: 'hvci-fix', version: VERSION },
    windows: release,
    targetOs,
    memoryIntegrity: memoryIntegrityIn(options),
    codeIntegrityOptions: {
      value: options,
      options: optionsIn(options).map(({ bit, name, meaning }) => ({ bit, name, meaning })),
    },
    modules: { loaded: modules.length, addressesHidden: addressesHidden(machine) },
    codeRead,
    ...(interrupted === null ? {} : { interrupted }),
    drivers: drivers.map(driverContract),
    summary: {
      drivers: drivers.length,
      accepted: count('accepted'),
      refused: count('refused'),
      refusedInStrictMode: count('refused-in-strict-mode'),
      undetermined: count('undetermined'),
      notChecked: count('not-checked'),
      reportedByVerifier: drivers.filter(({ verdict }) => verdict.verifier === 'reported').length,
    },
  };
  return `${stringifyJson(contract, 2)}\n`;
}

function driverContract({ path, module, verdict, report }: CheckedDriver): object {
  return {
    path,
    module: module.path,
    // A number of JSON holds 53 bits, a kernel address has 64.
    base: module.base === 0n ? null : `0x${module.base.toString(16)}`,
    size: module.size,
    ...verdict,
    ...(report.error === undefined ? {} : { error: report.error.message }),
  };
}

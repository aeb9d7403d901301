/** `status` and `check --loaded` in a real node.exe. Wine names three loaded modules; SystemRoot says whose files these are. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { scratch } from '../../plugin/files/scratch.js';
import { repositoryFile } from '../../support/repository.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { runNode, runWindows, windowsPath } from '../../support/windows/windows-node.js';
import { windowsTest } from '../../support/windows/windows-test.js';

const MODULES = ['system32\\ntoskrnl.exe', 'system32\\hal.dll', 'system32\\drivers\\mountmgr.sys'] as const;

/** A folder that stands for %SystemRoot%, with sample drivers as the three modules that Wine names; null: no file. */
function systemRoot(t: ExecutionContext, samples: readonly (string | null)[]): string {
  const folder = join(scratch(t), 'Wïn dows');
  mkdirSync(join(folder, 'system32/drivers'), { recursive: true });
  for (const [index, sample] of samples.entries())
    if (sample !== null) cpSync(committedSample(sample), join(folder, MODULES[index]!.replaceAll('\\', '/')));
  return windowsPath(folder);
}

interface StatusJson {
  readonly windows: string;
  readonly targetOs: string;
  readonly memoryIntegrity: object;
  readonly codeRead: boolean;
  readonly codeIntegrityOptions: { readonly value: number; readonly options: readonly { readonly name: string }[] };
  readonly drivers: readonly {
    readonly path: string;
    readonly module: string;
    readonly load: string;
    readonly verifier: string;
    readonly error?: string;
  }[];
}

for (const node of ['20.20.2', '22.23.3'] as const) {
  windowsTest(`status in Node ${node}`, async (t) => {
    const root = systemRoot(t, ['clean', 'init-rwx', 'no-nx']);
    const { exitCode, stdout, stderr } = await runWindows(['status', '--format', 'json'], {
      node,
      set: { SystemRoot: root },
    });
    t.deepEqual([exitCode, stderr], [0, '']);
    const json = JSON.parse(stdout) as StatusJson;
    t.like(json, { windows: '10.0.18362', targetOs: '1903' });
    t.deepEqual(json.memoryIntegrity, { on: false, strictMode: false, auditMode: false });
    t.is(json.codeIntegrityOptions.value, 1);
    t.deepEqual(
      json.codeIntegrityOptions.options.map(({ name }) => name),
      ['CODEINTEGRITY_OPTION_ENABLED'],
    );
    t.deepEqual(
      json.drivers.map(({ path, module, load, verifier }) => [path, module, load, verifier]),
      [
        [`${root}\\${MODULES[0]}`, `\\SystemRoot\\${MODULES[0]}`, 'accepted', 'nothing-found'],
        [`${root}\\${MODULES[1]}`, `\\SystemRoot\\${MODULES[1]}`, 'accepted', 'reported'],
        [`${root}\\${MODULES[2]}`, `\\SystemRoot\\${MODULES[2]}`, 'accepted', 'nothing-found'],
      ],
    );
  });
}

windowsTest('drivers that memory integrity would refuse: exit status 1, both verdicts', async (t) => {
  const root = systemRoot(t, ['iat-in-text', 'writable-code', 'low-alignment']);
  const { exitCode, stdout } = await runWindows(['status'], { set: { SystemRoot: root } });
  t.is(exitCode, 1);
  t.regex(stdout, /^Memory integrity \(HVCI\) is off\.\n/);
  t.regex(stdout, /Memory integrity +2 refused, 1 strict mode only\n/);
  t.regex(stdout, /Driver Verifier +3 reported\n/);
  t.true(stdout.includes(`strict mode only  reported  HVCI2003  ${root}\\${MODULES[1]}`), stdout);
});

windowsTest('headers only, unless --code asks for more; check --loaded reads the code', async (t) => {
  const root = systemRoot(t, ['executable-pool', 'clean', 'clean']);
  const verdict = async (...more: string[]): Promise<unknown> => {
    const { stdout } = await runWindows(['status', '--format', 'json', ...more], { set: { SystemRoot: root } });
    const { codeRead, drivers } = JSON.parse(stdout) as StatusJson;
    return [codeRead, drivers[0]?.load, drivers[0]?.verifier];
  };
  t.deepEqual(await verdict(), [false, 'accepted', 'nothing-found']);
  t.deepEqual(await verdict('--code'), [true, 'accepted', 'reported']);
  const checked = await runWindows(['check', '--loaded'], { set: { SystemRoot: root } });
  t.regex(checked.stdout, /HVCI2000/);
});

windowsTest('a driver whose file is gone is a line, not a failure', async (t) => {
  const root = systemRoot(t, ['clean', null, 'clean']);
  const { exitCode, stdout } = await runWindows(['status', '--format', 'json'], { set: { SystemRoot: root } });
  t.is(exitCode, 0);
  const { drivers } = JSON.parse(stdout) as StatusJson;
  t.is(drivers[1]?.load, 'not-checked');
  t.regex(drivers[1]?.error ?? '', /the module is loaded, but its file is not there/);
});

windowsTest('check --loaded: the same drivers in the usual report', async (t) => {
  const root = systemRoot(t, ['clean', null, 'iat-in-text']);
  const { exitCode, stdout } = await runWindows(['check', '--loaded', '--format', 'ndjson'], {
    set: { SystemRoot: root },
  });
  t.is(exitCode, 1);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { path?: string; status?: string; findings?: { code: string }[] });
  t.deepEqual(
    lines
      .filter(({ path }) => path !== undefined)
      .map(({ path, status, findings }) => [path, status, findings?.map(({ code }) => code)]),
    [
      [`${root}\\${MODULES[0]}`, 'clean', []],
      [`${root}\\${MODULES[1]}`, 'unreadable', []],
      [`${root}\\${MODULES[2]}`, 'findings', ['HVCI2005']],
    ],
  );
});

windowsTest('without the addon: what is wrong and what to do; every other command works', async (t) => {
  const folder = scratch(t);
  cpSync(repositoryFile('dist'), join(folder, 'dist'), { recursive: true });
  rmSync(join(folder, 'dist/prebuilds'), { recursive: true });
  const cli = join(folder, 'dist/cli.cjs');
  const status = await runNode(cli, ['status']);
  t.is(status.exitCode, 2);
  t.regex(
    status.stderr,
    /^hvci-fix: [^\n]*hvci-fix\.napi\.node could not be loaded[^\n]*Install hvci-fix anew[^\n]*\n$/,
  );
  const check = await runNode(cli, ['check', windowsPath(committedSample('clean'))]);
  t.is(check.exitCode, 0);
});

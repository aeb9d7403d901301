/** The recipes of plugin/fleet/README.md on several hosts: GNU parallel over ssh, each host a network namespace, or a port. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { scratch } from '../../plugin/files/scratch.js';
import { COMMAND, quietEnvironment, run } from '../../support/command.js';
import { repositoryFile } from '../../support/repository.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { toolPath, toolsReady } from '../../support/toolchain/tools.js';
import { recipe } from './recipe.js';

const HOSTS = ['lab1', 'lab2', 'lab3'] as const;
const SCRIPT = repositoryFile('tests/integration/fleet/hosts.sh');

interface Lab {
  readonly folder: string;
  /** Runs a recipe with bash in `folder`. */
  sh(script: string): { readonly status: number | null; readonly output: string };
}

/** `onLoopback`: as on a machine without network namespaces; else as this one allows. */
function lab(t: ExecutionContext, onLoopback = false): Lab {
  const folder = scratch(t);
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/hvci-fix'), `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`);
  // What a user has in ~/.ssh/config.
  writeFileSync(
    join(folder, 'bin/ssh'),
    `#!/bin/sh\nexec '${toolPath('ssh')}' -F '${join(folder, 'ssh_config')}' "$@"\n`,
  );
  for (const name of ['hvci-fix', 'ssh']) chmodSync(join(folder, 'bin', name), 0o755);
  const env = quietEnvironment({
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    PARALLEL_HOME: join(folder, '.parallel'),
    ...(onLoopback && { HOSTS_ON_LOOPBACK: '1' }),
  });
  mkdirSync(join(folder, '.parallel'));
  writeFileSync(join(folder, '.parallel/will-cite'), '');
  t.teardown(() => spawnSync('bash', [SCRIPT, 'down', folder], { stdio: 'inherit' }));
  const up = spawnSync('bash', [SCRIPT, 'up', folder, ...HOSTS], { encoding: 'utf8', env });
  t.is(up.status, 0, up.stderr);
  const inNamespaces = existsSync(join(folder, 'namespaces'));
  t.log(inNamespaces ? 'hosts are network namespaces' : 'hosts are ports on loopback');
  t.false(onLoopback && inNamespaces);
  writeFileSync(join(folder, 'hosts.txt'), `${HOSTS.join('\n')}\n`);
  return {
    folder,
    sh: (script) => {
      const result = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env, timeout: 120_000 });
      return { status: result.status, output: result.stdout + result.stderr };
    },
  };
}

const fleetTest = (title: string, body: (t: ExecutionContext) => Promise<void>): void =>
  test.serial(title, async (t) => {
    t.timeout(180_000);
    if (toolsReady(t, ['parallel', 'rsync', 'ssh', 'sshd'])) await body(t);
  });

for (const onLoopback of [false, true]) {
  const where = onLoopback ? ' (ports on loopback)' : '';
  fleetTest(`each machine checks its own drivers; the results become one page${where}`, async (t) => {
    const { folder, sh } = lab(t, onLoopback);
    // One driver on all, one on each.
    for (const [host, own] of [
      ['lab1', 'init-rwx'],
      ['lab2', 'iat-in-text'],
      ['lab3', 'no-nx'],
    ] as const) {
      mkdirSync(join(folder, host));
      copyFileSync(committedSample('clean'), join(folder, host, 'shared.sys'));
      copyFileSync(committedSample(own), join(folder, host, `${own}.sys`));
    }
    // The one change to the recipe: all of these hosts see the same disk.
    const script = recipe('Many machines').replaceAll('/var/drivers', `${folder}/{}`);
    t.true(script.includes(folder));
    const { status, output } = sh(script);
    t.is(status, 1, output); // iat-in-text is refused
    t.true(readFileSync(join(folder, 'all.html'), 'utf8').includes('"lab1","lab2","lab3"'));
    const merged = await run(['report', ...HOSTS.map((host) => `results/${host}.ndjson`), '--format', 'json'], {
      cwd: folder,
    });
    const { images } = JSON.parse(merged.stdout) as { images: { path: string; machines: string[] }[] };
    t.deepEqual(
      images.map(({ path, machines }) => [path.split('/').pop(), machines]),
      [
        ['init-rwx.sys', ['lab1']],
        ['shared.sys', [...HOSTS]],
        ['iat-in-text.sys', ['lab2']],
        ['no-nx.sys', ['lab3']],
      ],
    );
  });
}

fleetTest(
  'one corpus over many machines: each driver is sent, checked once, and every one is in the result',
  async (t) => {
    const { folder, sh } = lab(t);
    mkdirSync(join(folder, 'corpus'));
    const samples = ['clean', 'init-rwx', 'iat-in-text', 'no-nx', 'low-alignment', 'writable-code'];
    for (let index = 0; index < 12; index++)
      copyFileSync(committedSample(samples[index % samples.length]!), join(folder, 'corpus', `d${index}.sys`));
    const { output } = sh(recipe('One corpus').replace('-N20', '-N4'));
    const lines = readFileSync(join(folder, 'all.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const paths = lines.filter(({ type }) => type === 'image').map(({ path }) => path);
    t.is(new Set(paths).size, 12, output);
    t.is(paths.length, 12);
    t.true(lines.filter(({ type }) => type === 'summary').length >= 3);
    t.true(existsSync(join(folder, 'all.html')));
  },
);

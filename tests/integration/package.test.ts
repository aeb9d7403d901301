/** From `npm pack` to `npx hvci-fix`, as a stranger does it, under each Node that is supported. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { quietEnvironment } from '../support/command.js';
import { REPOSITORY, repositoryFile } from '../support/repository.js';
import { committedSample } from '../support/toolchain/samples.js';
import {
  type FromRegistry,
  importsOf,
  install,
  nodeFolder,
  type Packed,
  pack,
  registryReady,
  withNode,
} from './package-support.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(repositoryFile('package.json'), 'utf8')) as Manifest;
const folder = mkdtempSync(join(tmpdir(), 'hvci-fix-package-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
let packed: Packed;
let installed: FromRegistry<string>;

test.before(async (t) => {
  t.timeout(240_000, 'npm install, and Node binaries on the first run');
  packed = await pack(folder);
  installed = await install(packed.tarball, join(folder, 'empty'));
});

test('the package holds what it names, and nothing else', (t) => {
  const { files } = packed;
  const named = [
    ...Object.values(manifest.bin),
    ...Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry))),
  ];
  for (const path of named) t.true(files.includes(path.replace(/^\.\//, '')), path);
  for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/THIRD-PARTY-LICENSES.txt'])
    t.true(files.includes(path), path);
  const strange = files.filter(
    (path) =>
      /(?:^|\/)(?:tests?|build|samples|node_modules|\.ci|\.[^/]+)(?:\/|$)|\.(?:map|sys|tmp|tgz|log)$/.test(path) ||
      (/\.ts$/.test(path) && !/\.d\.ts$/.test(path)),
  );
  // `dotnet new` looks for its templates in folders of that name.
  const ours = ['hvci-kmdf', 'hvci-wdm'].map((name) => `msbuild/templates/${name}/.template.config/template.json`);
  t.deepEqual(strange.sort(), ours);
});

test('the build hooks are whole: all of cmake and msbuild, and each file that one of them names', (t) => {
  const files = new Set(packed.files);
  const hooks = ['cmake', 'msbuild'].flatMap((top) =>
    readdirSync(repositoryFile(top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => posix.join(posix.relative(REPOSITORY, entry.parentPath), entry.name)),
  );
  for (const path of [
    ...['cmake/hvci-fixConfig.cmake', 'cmake/inject.cmake', 'msbuild/hvci-fix.props', 'msbuild/hvci-fix.targets'],
    ...hooks,
  ])
    t.true(files.has(path), path);
  let named = 0;
  for (const path of hooks.filter((name) => !name.includes('/templates/'))) {
    const text = readFileSync(repositoryFile(path), 'utf8');
    const places = /(?:\$\(MSBuildThisFileDirectory\)|\$\{CMAKE_CURRENT_LIST_DIR\}\/)([\w./-]+\.\w+)/g;
    for (const [, name = ''] of text.matchAll(places)) {
      named++;
      t.true(files.has(posix.join(posix.dirname(path), name)), `${path} names ${name}`);
    }
  }
  // hvci-fix.props alone names the command and two of its neighbours.
  t.true(named > 10, `only ${named} names were found`);
});

test('every piece of the command is there and is used, and imports only what the package brings', (t) => {
  const code = packed.files.filter((path) => /\.(?:cjs|js)$/.test(path) && path.startsWith('dist/'));
  const builtin = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);
  const used = new Set([...Object.values(manifest.bin), './dist/index.js'].map((path) => posix.normalize(path)));
  for (const path of code) {
    const text = readFileSync(repositoryFile(path), 'utf8');
    // The launcher loads the main file by a function of its own.
    const launched = [...text.matchAll(/="(\.\/cli-main\.cjs)"/g)].map(([, name]) => name ?? '');
    // A worker thread is started with the path of its file.
    const started = [...text.matchAll(/\(__dirname, ?"(cli-[\w-]+\.cjs)"\)/g)].map(([, name]) => `./${name}`);
    for (const name of [...importsOf(text), ...launched, ...started]) {
      if (name.startsWith('.')) {
        const target = posix.join(posix.dirname(path), name);
        t.true(packed.files.includes(target), `${path} needs ${target}`);
        used.add(target);
      } else if (!builtin.has(name)) {
        const dependency = /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
        t.true(dependency in manifest.dependencies, `${path} imports ${name}`);
      }
    }
  }
  t.deepEqual(
    code.filter((path) => !used.has(path)),
    [],
  );
});

test('every type that the declarations name is there', (t) => {
  for (const path of packed.files.filter((name) => name.endsWith('.d.ts'))) {
    for (const name of importsOf(readFileSync(repositoryFile(path), 'utf8'))) {
      if (!name.startsWith('.')) continue;
      const target = posix.join(posix.dirname(path), name).replace(/\.js$/, '.d.ts');
      t.true(packed.files.includes(target), `${path} needs ${target}`);
    }
  }
});

test('licences of bundled packages: each name is there with its text', (t) => {
  const text = readFileSync(repositoryFile('dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['execa', 'pe-library', 'picomatch'])
    t.regex(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)`, 'm'));
});

const consumer = `
import { readFileSync } from 'node:fs';
import { applyPlan, check, parseImage, planFixes, verifyPlan } from 'hvci-fix';
const bytes = readFileSync(process.argv[2]);
const image = parseImage(bytes);
if (!image.ok) throw new Error(image.error.message);
const result = check(image.value, { targetOs: '1703' });
const plan = planFixes(image.value, result);
const applied = applyPlan(bytes, plan);
if (!applied.ok) throw new Error(applied.refusal.message);
const { ok } = verifyPlan(bytes, applied.bytes, plan, { targetOs: '1703' });
console.log(JSON.stringify({ node: process.version, codes: result.findings.map(({ code }) => code), edits: plan.edits.length, ok }));
`;

for (const major of [20, 22, 24]) {
  test(`Node ${major}: npx --no-install hvci-fix, and the library`, async (t) => {
    t.timeout(240_000, 'Node binaries on the first run');
    const folder = registryReady(t, installed);
    if (folder === null) return;
    const bin = registryReady(t, await nodeFolder(major));
    if (bin === null) return;
    const options = { cwd: folder, env: withNode(bin), extendEnv: false, reject: false, stdin: 'ignore' } as const;
    const npx = (...args: string[]) => execa('npx', ['--no-install', 'hvci-fix', ...args], options);
    t.true((await execa('node', ['--version'], options)).stdout.startsWith(`v${major}.`));

    const version = await npx('--version');
    t.is(version.stdout, manifest.version, version.stderr);
    const sample = `driver-${major}.sys`;
    copyFileSync(committedSample('init-rwx'), join(folder, sample));
    const checked = await npx(sample, '--format', 'json');
    t.is(checked.exitCode, 0, checked.stderr);
    const { images } = JSON.parse(checked.stdout) as { images: { findings: { code: string }[] }[] };
    t.deepEqual(
      images[0]?.findings.map(({ code }) => code),
      ['HVCI2003'],
    );
    for (const format of ['text', 'sarif', 'msbuild', 'ndjson'])
      t.true((await npx(sample, '--format', format)).stdout.includes('HVCI2003'), format);
    t.true((await npx('explain', '0x2003')).stdout.startsWith('# HVCI2003 '));
    t.true((await npx('--help')).stdout.includes('hvci-fix fix'));
    // Each lazy piece that a fix loads: patterns, configuration, the signing tool.
    writeFileSync(
      join(folder, `c${major}.json`),
      '{ "suppress": [{ "code": "HVCI3002", "path": "x/**", "reason": "r" }] }',
    );
    const signed = await npx('fix', `driver-${major}*`, '--config', `c${major}.json`, '--sign-with', 'true {file}');
    t.is(signed.exitCode, 2);
    t.true(signed.stdout.includes('ended well but did not change the file'), signed.stdout + signed.stderr);
    t.is((await npx('fix', sample)).exitCode, 0);
    t.is((await npx(sample, '--max-warnings', '0')).exitCode, 0);

    writeFileSync(join(folder, `consumer-${major}.mjs`), consumer);
    const library = await execa('node', [`consumer-${major}.mjs`, committedSample('init-rwx')], options);
    t.is(library.stderr, '');
    const { node, ...rest } = JSON.parse(library.stdout) as { node: string };
    t.true(node.startsWith(`v${major}.`));
    t.deepEqual(rest, { codes: ['HVCI2003'], edits: 2, ok: true } as never);
  });
}

test('the types serve a strict project that has nothing but the package', async (t) => {
  const folder = registryReady(t, installed);
  if (folder === null) return;
  const source = `
import { applyPlan, check, type Finding, type Image, parseImage, type Plan, planFixes, type TargetOs, verifyPlan } from 'hvci-fix';
const bytes = new Uint8Array(64);
const target: TargetOs = '1703';
const image = parseImage(bytes);
if (image.ok) {
  const value: Image = image.value;
  const findings: readonly Finding[] = check(value, { targetOs: target }).findings;
  const plan: Plan = planFixes(value, check(value), { stripSignature: true });
  const applied = applyPlan(bytes, plan);
  if (applied.ok) verifyPlan(bytes, applied.bytes, plan).ok satisfies boolean;
  findings.map(({ severity }) => severity satisfies 'error' | 'warning' | 'info');
} else {
  image.error.offset satisfies number;
}
// @ts-expect-error there is no such release
check({} as Image, { targetOs: '1704' });
`;
  writeFileSync(join(folder, 'consumer.mts'), source);
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023'];
  const exact = [
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--skipLibCheck',
    'false',
    '--types',
    '',
  ];
  const tsc = repositoryFile('node_modules/typescript/bin/tsc');
  const result = await execa(process.execPath, [tsc, ...flags, ...exact, 'consumer.mts'], {
    cwd: folder,
    env: quietEnvironment(),
    extendEnv: false,
    reject: false,
  });
  t.is(result.stdout, '');
  t.is(result.exitCode, 0);
});

test('the schema of the configuration can be imported by its name', async (t) => {
  const folder = registryReady(t, installed);
  if (folder === null) return;
  const script =
    "console.log(require('hvci-fix/hvci-fix.config.schema.json').title, require('hvci-fix/package.json').version)";
  const { stdout } = await execa(process.execPath, ['-e', script], { cwd: folder });
  t.is(stdout, `hvci-fix configuration ${manifest.version}`);
});

test('publint and attw have nothing to say', async (t) => {
  const run = (tool: string, ...args: string[]) =>
    execa(repositoryFile(`node_modules/.bin/${tool}`), args, { cwd: REPOSITORY, reject: false, all: true });
  const publint = await run('publint', '--strict');
  t.is(publint.exitCode, 0, publint.all);
  const attw = await run('attw', packed.tarball, '--profile', 'esm-only');
  t.is(attw.exitCode, 0, attw.all);
});

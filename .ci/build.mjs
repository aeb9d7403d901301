#!/usr/bin/env node
// npm run build: TypeScript to build/ (what the tests run), bundles to dist/ (what is published).
// HVCI_FIX_BUILD=tests leaves the bundles out.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { visualStudioTemplates } from '../msbuild/templates/vstemplates.mjs';
import { generatePages, generateRehearsalImage, generateReportPage, generateValidator } from './generated.mjs';
import { at, root, write, written } from './output.mjs';
import { headerViewsOnly } from './pe-library-views.mjs';

/** Names of object identifiers, for people to read: nine tenths of the ASN.1 decoder, and nothing here prints them. */
const withoutOidNames = {
  name: 'asn1js-without-names',
  setup(build) {
    build.onResolve({ filter: /^\.\/oids\.js$/ }, ({ importer }) =>
      importer.includes('asn1js') ? { path: 'oids', namespace: 'no-names', sideEffects: false } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'no-names' }, () => ({ contents: 'export const oids = {};' }));
  },
};

// tsc writes its output even where a type is wrong; the build goes on, so that all that is wrong shows, and then fails.
const types = spawnSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', root], { stdio: 'inherit' });
if (types.status !== 0) process.exitCode = 1;
await generateValidator();
generatePages();
await generateReportPage();
generateRehearsalImage();
if (process.env.HVCI_FIX_BUILD !== 'tests') {
  const used = new Set();
  await bundleCommand(used);
  await bundleLibrary();
  copyTypes();
  // The decoder's WebAssembly module alone: its JavaScript takes longer to load than a driver to check.
  used.add('iced-x86');
  const { icedModule } = await import('./iced/module.mjs');
  write('dist/iced_x86_bg.wasm', readFileSync(icedModule()));
  // The addon for Windows, where node-gyp-build looks for it; .ci/build-addon.mjs makes it.
  const addon = 'prebuilds/win32-x64/hvci-fix.napi.node';
  write(`dist/${addon}`, readFileSync(at('plugin/native', addon)));
  for (const { name, bytes } of visualStudioTemplates()) write(`dist/vstemplates/${name}`, bytes);
  writeLicenses(used);
  removeStale();
}

/**
 * The command: CommonJS, because Node starts it faster than an ES module, and code that a run may not need apart,
 * because reading it costs start-up too. cli-main.cjs holds what every run needs, in one file; each dynamic import becomes a
 * file of its own that takes shared modules from there, so that no module exists twice. cli.cjs loads them.
 */
async function bundleCommand(used) {
  const esbuild = await import('esbuild');
  const entry = at('build/plugin/cli.js');
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    metafile: true,
    write: false,
  };
  // Files that are loaded by their path and not by an import: the worker of a scan.
  const lazy = new Map([[at('build/plugin/scan/worker.js'), 'cli-scan-worker']]);
  const asPieces = {
    name: 'dynamic-imports-as-pieces',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import' || path.startsWith('node:')) return undefined;
        const own = path.startsWith('.');
        const file = own ? join(resolveDir, path) : path;
        const piece = own ? relative(at('build/plugin'), file).replace(/\.js$/, '') : path;
        const name = `cli-${piece.replaceAll(/[\\/]/g, '-')}`;
        lazy.set(file, name);
        return { path: `./${name}.cjs`, external: true };
      });
    },
  };
  const probe = await esbuild.build({
    ...common,
    entryPoints: [entry],
    format: 'esm',
    outdir: at('dist'),
    plugins: [asPieces, headerViewsOnly(root)],
  });
  const core = Object.keys(probe.metafile.inputs)
    .filter((input) => input.startsWith('build/'))
    .map((input) => at(input));

  const names = await exportedNames(esbuild, core);
  // A function, so that a run that loads no piece makes none of these objects.
  const imports = core.map((file, index) => {
    const list = names[index].map((name) => `${name} as ${name}${index}`).join(', ');
    return `import { ${list} } from ${JSON.stringify(file)};`;
  });
  const cases = core.map((file, index) => {
    const members = names[index].map((name) => `${name}: ${name}${index}`).join(', ');
    return `case ${JSON.stringify(relative(root, file))}: return { ${members} };`;
  });
  const shared = `export function sharedModule(path) { switch (path) { ${cases.join(' ')} } }`;
  const launched = `export { start } from ${JSON.stringify(entry)};
    export { filesLookedAt } from ${JSON.stringify(at('build/plugin/inspection/inspect.js'))};`;
  const main = await esbuild.build({
    ...common,
    stdin: { contents: [...imports, shared, launched].join('\n'), resolveDir: root },
    outfile: at('dist/cli-main.cjs'),
    format: 'cjs',
    minify: true,
    supported: { 'dynamic-import': false },
    plugins: [asPieces, headerViewsOnly(root)],
  });
  // hvci-link: next to nothing, because most links are of no driver. Its pieces are the command's.
  const link = await esbuild.build({
    ...common,
    entryPoints: [at('build/plugin/link/main.js')],
    outfile: at('dist/link.cjs'),
    format: 'cjs',
    minify: true,
    supported: { 'dynamic-import': false },
    plugins: [asPieces],
  });
  const fromCore = {
    name: 'shared-modules-from-cli',
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        const file = join(resolveDir, path);
        return kind !== 'entry-point' && core.includes(file)
          ? { path: relative(root, file), namespace: 'core' }
          : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'core' }, ({ path }) => ({
        contents: `module.exports = require("./cli.cjs").sharedModule(${JSON.stringify(path)})`,
      }));
      build.onResolve({ filter: /^\.\/cli\.cjs$/ }, () => ({ path: './cli.cjs', external: true }));
    },
  };
  const digest = createHash('sha256');
  const writePiece = ({ path, text }) => {
    digest.update(text);
    write(relative(root, path), text);
  };
  main.outputFiles.forEach(writePiece);
  const inputs = new Set(Object.keys(main.metafile.inputs));
  // Not split further: a piece in one file loads faster than one in four, and what two pieces share has no state.
  for (const [file, name] of lazy) {
    const piece = await esbuild.build({
      ...common,
      entryPoints: [file],
      outfile: at('dist', `${name}.cjs`),
      format: 'cjs',
      minify: true,
      supported: { 'dynamic-import': false },
      plugins: [fromCore, asPieces, headerViewsOnly(root), withoutOidNames],
    });
    piece.outputFiles.forEach(writePiece);
    for (const input of Object.keys(piece.metafile.inputs)) inputs.add(input);
  }
  const launcher = await esbuild.build({
    ...common,
    entryPoints: [at('build/plugin/launcher.js')],
    outfile: at('dist/cli.cjs'),
    format: 'cjs',
    minify: true,
    banner: { js: '#!/usr/bin/env node' },
    define: { BUNDLE_DIGEST: JSON.stringify(digest.digest('hex').slice(0, 16)) },
    // The file is an ES module to TypeScript alone.
    logOverride: { 'commonjs-variable-in-esm': 'silent' },
  });
  for (const { path, text } of [...launcher.outputFiles, ...link.outputFiles]) write(relative(root, path), text);
  // npm does this for whoever installs the package; a checkout has no npm in between.
  for (const name of ['cli.cjs', 'link.cjs']) chmodSync(at('dist', name), 0o755);
  for (const input of inputs) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (name !== undefined) used.add(name);
  }
}

/** The names that each of the ES modules exports. */
async function exportedNames(esbuild, files) {
  const { metafile } = await esbuild.build({
    entryPoints: files,
    bundle: false,
    format: 'esm',
    outdir: at('dist'),
    outbase: root,
    metafile: true,
    write: false,
  });
  const byEntry = new Map(
    Object.values(metafile.outputs).map((output) => [at(output.entryPoint ?? ''), output.exports]),
  );
  return files.map((file) => byEntry.get(file));
}

/** The library: one ES module; what the package depends on stays an import. */
async function bundleLibrary() {
  const esbuild = await import('esbuild');
  const library = await esbuild.build({
    entryPoints: [at('build/fixer/index.js')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile: at('dist/index.js'),
    packages: 'external',
    legalComments: 'none',
    write: false,
  });
  write('dist/index.js', library.outputFiles[0].text);
}

/** The declarations that index.d.ts reaches, and no others. */
function copyTypes() {
  const pending = ['fixer/index.d.ts'];
  rmSync(at('dist/types'), { recursive: true, force: true });
  for (const file of pending) {
    const text = readFileSync(at('build', file), 'utf8').replace(/^\/\/# sourceMappingURL.*$/m, '');
    write(`dist/types/${file}`, text);
    for (const [, path] of [...text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g)]) {
      const next = join(dirname(file), `${path}.d.ts`);
      if (!pending.includes(next)) pending.push(next);
    }
  }
}

/** Bundled packages are under licences that want their text beside copies. */
function writeLicenses(used) {
  const parts = [...used].sort().map((name) => {
    const folder = at('node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(join(folder, file), 'utf8')}`;
  });
  write('dist/THIRD-PARTY-LICENSES.txt', parts.join(`\n${'-'.repeat(72)}\n\n`));
}

/** Pieces of an earlier build that this one no longer makes, and what V8 made of them. */
function removeStale() {
  rmSync(at('dist/.cache'), { recursive: true, force: true });
  for (const name of readdirSync(at('dist'))) {
    if (/\.(?:cjs|js|txt)$/.test(name) && !written.has(at('dist', name))) rmSync(at('dist', name));
  }
}

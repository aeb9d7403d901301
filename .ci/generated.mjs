// Modules that the build makes of what is no TypeScript: a schema, pages, a driver, the report's script and style.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { at, write } from './output.mjs';

/** ajv compiles the configuration's schema here, so that no run has to. */
export async function generateValidator() {
  const { default: Ajv } = await import('ajv');
  const { default: standaloneCode } = await import('ajv/dist/standalone/index.js');
  const schema = JSON.parse(readFileSync(at('plugin/configuration/hvci-fix.config.schema.json'), 'utf8'));
  const ajv = new Ajv({ allErrors: true, code: { source: true, esm: true } });
  const code = standaloneCode(ajv, ajv.compile(schema));
  if (/require\(/.test(code)) throw new Error('the compiled validator needs ajv at run time: simplify the schema');
  write('build/plugin/configuration/schema-validator.js', code);
}

export function generatePages() {
  const pages = {};
  for (const name of readdirSync(at('fixer/rules'))
    .filter((file) => file.endsWith('.md'))
    .sort()) {
    const text = readFileSync(at('fixer/rules', name), 'utf8');
    const code = /^# (HVCI\d{4}) /.exec(text)?.[1];
    if (code === undefined) throw new Error(`fixer/rules/${name} does not begin with "# HVCInnnn name"`);
    pages[code] = text;
  }
  write('build/plugin/report/page-texts.js', `export default ${JSON.stringify(pages)};\n`);
}

export function generateRehearsalImage() {
  const base64 = readFileSync(at('samples/clean/clean.x64.sys')).toString('base64');
  write('build/plugin/build-step/rehearsal-image.js', `export default ${JSON.stringify(base64)};\n`);
}

/**
 * Script and style of the HTML report as text, with the hashes that its Content-Security-Policy allows them by. The
 * script runs in browsers: it has a tsconfig of its own, and is bundled from its source.
 */
export async function generateReportPage() {
  const esbuild = await import('esbuild');
  const checked = spawnSync(
    process.execPath,
    [at('node_modules/typescript/bin/tsc'), '-p', at('plugin/report-page/client')],
    { stdio: 'inherit' },
  );
  if (checked.status !== 0) process.exitCode = 1;
  const common = { minify: true, write: false, legalComments: 'none', charset: 'ascii' };
  const client = await esbuild.build({
    ...common,
    entryPoints: [at('plugin/report-page/client/main.ts')],
    bundle: true,
    format: 'iife',
    target: ['chrome123', 'firefox120', 'safari17.5'],
  });
  const sheet = await esbuild.build({
    ...common,
    entryPoints: [at('plugin/report-page/style/page.css')],
    bundle: true,
  });
  // The page puts them between tags as they are.
  const [script, style] = [client, sheet].map(({ outputFiles }) => outputFiles[0].text.trim());
  const hash = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  if (/<\/(?:script|style)|<!--/i.test(script + style)) throw new Error('the report page would end its own script');
  const assets = { script, style, scriptHash: hash(script), styleHash: hash(style) };
  write('build/plugin/report-page/page-assets.js', `export default ${JSON.stringify(assets)};\n`);
}

/** What the folders promise: imports run one way, the engine touches nothing outside, every rule has its page and test. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'ava';
import { rules } from '../fixer/rules/catalogue.js';
import { RULE_CODES } from '../fixer/rules/codes.js';
import { REPOSITORY, repositoryFile } from './support/repository.js';

/** Lowest first: a file may import from its own layer and those before it. */
const LAYERS = ['fixer/pe', 'fixer/code', 'fixer/rules', 'fixer/fix', 'fixer/index', 'plugin'];
/**
 * The same inside of the plugin, each line a layer: its folders import from layers before it and from themselves. Types may be
 * named upwards; they are gone when the code runs.
 */
const PLUGIN_LAYERS = [
  ['version', 'node-version', 'native', 'files'],
  ['call', 'report'],
  ['configuration', 'packages'],
  ['inspection'],
  ['baseline', 'scan', 'report-page', 'fleet', 'explain', 'status', 'signing', 'undo', 'init', 'link'],
  ['session'],
  ['build-step'],
  ['commands'],
  ['cli', 'launcher', 'link/main'],
];
const MOST_LINES = 300;
const LEAST_LINES = 2;

function typeScriptFiles(folder: string): string[] {
  return readdirSync(repositoryFile(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

const sources = [...typeScriptFiles('fixer'), ...typeScriptFiles('plugin')];
const textOf = (file: string): string => readFileSync(repositoryFile(file), 'utf8');
const layerOf = (file: string): number => LAYERS.findIndex((layer) => file.startsWith(layer));

/** `files` of plugin/files/read.ts, `cli` of plugin/cli.ts; the programs that start are themselves. */
function pluginPartOf(file: string): string {
  const path = file.replace(/^plugin\//, '').replace(/\.[jt]s$/, '');
  return path === 'link/main' ? path : (path.split('/')[0] ?? '');
}
const pluginLayerOf = (part: string): number => PLUGIN_LAYERS.findIndex((layer) => layer.includes(part));

/** Module names in `from '...'`, `import '...'` and `import('...')`. */
function importsOf(file: string, { types = true } = {}): string[] {
  let text = textOf(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  if (!types) text = text.replace(/^(?:import|export) (?:type [^;]*|\{(?:\s*type \w+,?)+\s*\} from [^;]*);$/gm, '');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([\w@.:/-]+)'/g)].map(([, name]) => name as string);
}

test('the files are there, each in a layer', (t) => {
  t.true(sources.length > 50);
  t.deepEqual(
    sources.filter((file) => layerOf(file) < 0),
    [],
  );
});

test('imports run one way', (t) => {
  const wrong: string[] = [];
  let seen = 0;
  for (const file of sources) {
    for (const name of importsOf(file).filter((module) => module.startsWith('.'))) {
      const target = relative(REPOSITORY, join(REPOSITORY, dirname(file), name)).replaceAll('\\', '/');
      seen++;
      if (layerOf(target) > layerOf(file)) wrong.push(`${file} -> ${target}`);
    }
  }
  t.true(seen > 100, `${seen} imports`);
  t.deepEqual(wrong, []);
});

test('imports run one way inside of the plugin too', (t) => {
  const wrong: string[] = [];
  const parts = new Set<string>();
  for (const file of sources.filter((name) => name.startsWith('plugin/') && !name.includes('/client/'))) {
    const part = pluginPartOf(file);
    parts.add(part);
    for (const name of importsOf(file, { types: false }).filter((module) => module.startsWith('.'))) {
      const target = join(dirname(file), name).replaceAll('\\', '/');
      const other = target.startsWith('plugin/') ? pluginPartOf(target) : part;
      if (other !== part && pluginLayerOf(other) >= pluginLayerOf(part)) wrong.push(`${file} -> ${target}`);
    }
  }
  t.deepEqual([...parts].sort(), PLUGIN_LAYERS.flat().sort(), 'each part is in a layer');
  t.deepEqual(wrong, []);
});

test('the engine imports no module of Node and no package but pe-library', (t) => {
  const wrong = sources
    .filter((file) => file.startsWith('fixer/'))
    .flatMap((file) => importsOf(file).map((name) => [file, name] as const))
    .filter(([, name]) => !name.startsWith('.') && name !== 'pe-library' && !name.startsWith('iced-x86'));
  t.deepEqual(wrong, []);
});

test('the engine uses no clock, process, console or randomness', (t) => {
  const banned =
    /\b(?:process\.|console\.|Date\.now|new Date\b|performance\.|Math\.random|globalThis|setTimeout|fetch\()/;
  const wrong = sources.filter((file) => file.startsWith('fixer/') && banned.test(textOf(file)));
  t.deepEqual(wrong, []);
});

test('no throw in the engine, but for a caller who hands over no bytes at all', (t) => {
  const thrown = sources
    .filter((file) => file.startsWith('fixer/'))
    .flatMap((file) => [...textOf(file).matchAll(/^\s*throw\b.{0,44}/gm)].map(([line]) => `${file}: ${line.trim()}`));
  t.deepEqual(thrown, ["fixer/pe/image.ts: throw new TypeError('parseImage needs a Uint8Arra"]);
});

test('files have one job: no utils, not too long, not empty', (t) => {
  const wrong = [...sources, ...typeScriptFiles('tests')].flatMap((file) => {
    const lines = textOf(file).split('\n').length - 1;
    const named = /(?:^|\/)(?:utils?|helpers?|misc|common)\.(?:test\.)?ts$/.test(file)
      ? [`${file} is called that`]
      : [];
    const long = file.startsWith('tests/') ? MOST_LINES * 2 : MOST_LINES;
    return lines > long || lines < LEAST_LINES ? [...named, `${file}: ${lines} lines`] : named;
  });
  t.deepEqual(wrong, []);
});

test('codes and names of rules are unique and well formed', (t) => {
  const codes = rules.map(({ meta }) => meta.code);
  t.deepEqual([...RULE_CODES].sort(), codes.toSorted());
  const names = rules.map(({ meta }) => meta.name);
  t.is(new Set(codes).size, codes.length);
  t.is(new Set(names).size, names.length);
  for (const { meta } of rules) {
    t.regex(meta.code, /^HVCI[234]\d{3}$/);
    t.regex(meta.name, /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/);
    if (meta.verifierCode !== null) t.is(`HVCI${meta.verifierCode.toString(16)}`, meta.code);
  }
});

for (const { meta } of rules) {
  test(`${meta.code} ${meta.name}: file, page and test with all fixtures`, (t) => {
    t.true(existsSync(repositoryFile(`fixer/rules/${meta.name}.ts`)), 'the rule is in a file with its name');
    t.is(textOf(`fixer/rules/${meta.name}.md`).split('\n')[0], `# ${meta.code} ${meta.name}`);
    const source = textOf(`tests/rules/${meta.name}.test.ts`);
    t.regex(source, /testRule\(/);
    for (const fixtures of ['failing', 'passing', 'notApplicable']) t.regex(source, new RegExp(`\\b${fixtures}:`));
  });
}

test('every page belongs to a rule of the catalogue', (t) => {
  const pages = readdirSync(repositoryFile('fixer/rules')).filter((file) => file.endsWith('.md'));
  const known = new Set(rules.map(({ meta }) => `${meta.name}.md`));
  t.deepEqual(
    pages.filter((page) => !known.has(page)),
    [],
  );
});

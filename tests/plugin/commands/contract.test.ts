/** The machine-readable reports of real runs: JSON and NDJSON against the contract, SARIF against its official schema. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import test, { type ExecutionContext } from 'ava';
import { folderWith, type JsonReport, run } from '../../support/command.js';
import { patchHeader } from '../../support/toolchain/patch.js';
import { closedSchema, publishedSchema } from './report-schema.js';

const ajv = new Ajv({ strict: true, allErrors: true });
const isReport = ajv.compile(closedSchema());
const isImage = ajv.compile(closedSchema('image'));
const isClosing = ajv.compile(closedSchema('closing'));
const isLine = ajv.compile({ $ref: '#/definitions/line', definitions: publishedSchema.definitions });

function holds(t: ExecutionContext, validate: ValidateFunction, value: unknown): void {
  t.true(validate(value), ajv.errorsText(validate.errors, { separator: '\n' }));
}

/** SARIF 2.1.0 as Microsoft's SARIF Multitool ships it. */
function sarifSchema(): string {
  const tool = createRequire(createRequire(import.meta.url).resolve('@microsoft/sarif-multitool/package.json'));
  const platform = tool.resolve(`@microsoft/sarif-multitool-${process.platform}/package.json`);
  return join(dirname(platform), 'sarif-2.1.0.json');
}

/** One of each: clean, findings of every sort, cut off, text, undetermined. */
function everySort(t: ExecutionContext): string {
  const { folder, at } = folderWith(t, {
    'clean.sys': 'clean',
    'clean32.sys': ['clean', 'x86'],
    'iat.sys': 'iat-in-text',
    'init.sys': 'init-rwx',
    'init32.sys': ['init-rwx', 'x86'],
    'initarm.sys': ['init-rwx', 'arm64'],
    'low.sys': 'low-alignment',
    'nx.sys': 'no-nx',
    'straddle.sys': 'straddling-relocations',
    'wx.sys': 'writable-code',
  });
  const bytes = readFileSync(at('clean.sys'));
  writeFileSync(at('cut.sys'), bytes.subarray(0, 200));
  writeFileSync(at('text.sys'), 'not a driver');
  writeFileSync(at('empty.sys'), '');
  // A base relocation directory that leads outside of the image: the rule that needs it cannot decide.
  const directory = bytes.readUInt32LE(0x3c) + 24 + 112 + 5 * 8;
  bytes.writeUInt32LE(0x7ffffff0, directory);
  patchHeader(bytes, []); // CheckSum
  writeFileSync(at('undetermined.sys'), bytes);
  return folder;
}

const commands = [
  ['check', '.'],
  ['check', '.', '--hashes', '--target-os', '11-24H2'],
  ['check', '.', '--page-map'],
  ['check', 'none.sys', '*.none'],
  ['fix', '--dry-run', '.'],
  ['fix', '--out', 'fixed', '.'],
  ['fix', '--backup', '.', '--strip-write', 'PATCH'],
  ['fix', '.', '--strip-write', 'NOPE'],
] as const;

for (const args of commands) {
  test(`JSON: ${args.join(' ')}`, async (t) => {
    const { stdout } = await run([...args, '--format', 'json'], { cwd: everySort(t) });
    const report = JSON.parse(stdout) as JsonReport;
    holds(t, isReport, report);
    // The totals are those of the images.
    const findings = report.images.flatMap((image) => image.findings);
    const left = findings.filter(({ outcome }) => outcome !== 'fixed');
    t.deepEqual(report.summary, {
      images: report.images.length,
      clean: report.images.filter(({ status }) => status === 'clean').length,
      errors: left.filter(({ severity }) => severity === 'error').length,
      warnings: left.filter(({ severity }) => severity === 'warning').length,
      fixed: findings.filter(({ outcome }) => outcome === 'fixed').length,
      refused: findings.filter(({ outcome }) => outcome === 'refused').length,
      unreadable: report.images.filter(({ status }) => status === 'unreadable').length,
    });
    for (const image of report.images) {
      t.is(image.plan !== undefined, args[0] === 'fix' && image.status !== 'unreadable', image.path);
      t.is(image.error !== undefined, image.status === 'unreadable', image.path);
      t.is(image.sha256 !== null, args.includes('--hashes' as never) && image.size > 0, image.path);
      for (const { outcome, refusal } of image.findings) t.is(refusal !== null, outcome === 'refused');
    }
  });

  test(`NDJSON: ${args.join(' ')} says the same as JSON`, async (t) => {
    const folder = everySort(t);
    const { stdout } = await run([...args, '--format', 'ndjson'], { cwd: folder });
    const lines = stdout.trimEnd().split('\n');
    const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const object of objects) {
      holds(t, isLine, object);
      const { type, schemaVersion, ...rest } = object;
      if (type === 'image') holds(t, isImage, rest);
      else holds(t, isClosing, object);
    }
    const { stdout: json } = await run([...args, '--format', 'json'], { cwd: everySort(t) });
    const report = JSON.parse(json) as JsonReport;
    t.deepEqual(
      objects.slice(0, -1).map(({ type, schemaVersion, ...image }) => image),
      report.images as never,
    );
    t.deepEqual(objects.at(-1)?.['summary'], report.summary);
  });
}

test('the run of everySort has every status there is', async (t) => {
  const { stdout } = await run(['.', '--format', 'json'], { cwd: everySort(t) });
  const { images } = JSON.parse(stdout) as JsonReport;
  const statuses = [...new Set(images.map(({ status }) => status))].sort();
  t.deepEqual(statuses, ['clean', 'findings', 'undetermined', 'unreadable']);
});

test('the schema is not one that lets everything through', async (t) => {
  const { stdout } = await run(['iat.sys', '--format', 'json'], { cwd: everySort(t) });
  const broken: ((image: Record<string, unknown>) => void)[] = [
    (image) => delete image['size'],
    (image) => Object.assign(image, { extra: 1 }),
    (image) => Object.assign(image, { machine: 'amd64' }),
    (image) => Object.assign((image['findings'] as object[])[0]!, { offset: '0x10' }),
    (image) => Object.assign((image['findings'] as object[])[0]!, { effect: 'bad' }),
  ];
  for (const damage of broken) {
    const report = JSON.parse(stdout) as { images: Record<string, unknown>[] };
    t.true(isReport(report));
    damage(report.images[0]!);
    t.false(isReport(report));
  }
});

test('SARIF: every image is an artifact, every finding a result with its place', async (t) => {
  const folder = everySort(t);
  const { stdout } = await run(['.', '--format', 'sarif'], { cwd: folder });
  const { stdout: json } = await run(['.', '--format', 'json'], { cwd: folder });
  const { images } = JSON.parse(json) as JsonReport;
  const sarif = JSON.parse(stdout) as {
    version: string;
    runs: { artifacts: unknown[]; results: { ruleId: string }[]; tool: { driver: { rules: { id: string }[] } } }[];
  };
  t.is(sarif.version, '2.1.0');
  const official = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(official);
  const isSarif = official.compile(JSON.parse(readFileSync(sarifSchema(), 'utf8').replace(/^\ufeff/, '')) as object);
  holds(t, isSarif, sarif);
  const [only] = sarif.runs;
  t.is(only?.artifacts.length, images.length);
  const found = images.flatMap(({ findings }) => findings.map(({ code }) => code)).sort();
  const told = only!.results.map(({ ruleId }) => ruleId).filter((id) => found.includes(id));
  for (const code of found) t.true(told.includes(code), code);
  for (const code of found)
    t.true(
      only!.tool.driver.rules.some(({ id }) => id === code),
      code,
    );
});

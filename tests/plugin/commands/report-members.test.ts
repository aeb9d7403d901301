/** The published schema and page of the report name all that reports have, and nothing that none has. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import test, { type ExecutionContext } from 'ava';
import { rules } from '../../../fixer/rules/catalogue.js';
import { createJsonReporter } from '../../../plugin/report/json.js';
import { folderWith, type JsonReport, run } from '../../support/command.js';
import { buildZip } from '../../support/packages/zip-builder.js';
import { repositoryFile } from '../../support/repository.js';
import { patchHeader } from '../../support/toolchain/patch.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { clean, plan } from '../report/samples.js';
import { closedSchema, eachMember, membersOf } from './report-schema.js';

const isReport = new Ajv({ strict: true, allErrors: true }).compile(closedSchema());
const page = readFileSync(repositoryFile('plugin/report/README.md'), 'utf8');
const SAMPLES = ['executable-pool', 'iat-in-text', 'init-rwx', 'low-alignment', 'no-nx', 'straddling-relocations'];

/** Offsets are typed from the PE specification: SizeOfHeaders and data directory 5 of a PE32+ image. */
function damaged(edit: (bytes: Buffer, optionalHeader: number) => void): Buffer {
  const bytes = readFileSync(committedSample('clean'));
  edit(bytes, bytes.readUInt32LE(0x3c) + 24);
  patchHeader(bytes, []); // CheckSum
  return bytes;
}

function everything(t: ExecutionContext): string {
  const names = [...SAMPLES, 'clean', 'writable-code'];
  const { folder, at } = folderWith(t, Object.fromEntries(names.map((name) => [`${name}.sys`, name])));
  writeFileSync(at('again.sys'), readFileSync(at('clean.sys')));
  writeFileSync(at('text.sys'), 'not a driver');
  writeFileSync(
    at('undetermined.sys'),
    damaged((bytes, header) => bytes.writeUInt32LE(0x7ffffff0, header + 112 + 5 * 8)),
  );
  writeFileSync(
    at('odd.sys'),
    damaged((bytes, header) => bytes.writeUInt32LE(0x180, header + 60)),
  );
  writeFileSync(at('package.zip'), buildZip([{ name: 'x64/d.sys', data: readFileSync(at('iat-in-text.sys')) }]));
  const suppress = [{ code: 'HVCI3001', reason: 'runs on 1703 and later' }];
  writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ suppress }));
  const gone = { code: 'HVCI2003', image: 'clean.sys', section: 'INIT', symbol: null, ddi: null, count: 1 };
  writeFileSync(at('baseline.json'), JSON.stringify({ schemaVersion: 1, tool: 'hvci-fix', findings: [gone] }));
  return folder;
}

/** Real runs: a check with all that adds members, a fix, and a merge of the results of two machines. */
async function reports(t: ExecutionContext): Promise<unknown[]> {
  const cwd = everything(t);
  const json = async (...args: string[]): Promise<unknown> => {
    const { stdout, stderr } = await run([...args, '--format', 'json'], { cwd });
    t.not(stdout, '', stderr);
    return JSON.parse(stdout);
  };
  const extras = ['--hashes', '--page-map', '--baseline', 'baseline.json'];
  const found = [
    await json('.', 'package.zip', ...extras),
    await json('fix', '--backup', '.', '--severity', 'HVCI3006=off'),
  ];
  mkdirSync(`${cwd}/results`);
  for (const machine of ['pc1', 'pc2'])
    await run(['check', '.', '--hashes', '--format', 'ndjson', '-o', `results/${machine}.ndjson`], { cwd });
  return [...found, await json('report', 'results/pc1.ndjson', 'results/pc2.ndjson')];
}

/** What a run shows only when a signal comes in time, of a signed image, of a fix of one, and of one with 257 sections: as it is printed. */
function rarely(): unknown {
  const head = { schemaVersion: 1, tool: { name: 'hvci-fix', version: '0.1.0' }, targetOs: '1507' } as const;
  const reporter = createJsonReporter(head);
  const embedded = [{ algorithm: 'sha256', hash: 'ab'.repeat(32), matches: true }];
  const authenticode = { sha1: 'ab'.repeat(20), sha256: 'ab'.repeat(32), embedded, catalogs: ['a.cat'] };
  const sizes = { sectionAlignment: 0x1000, sizeOfHeaders: 0x400, sizeOfImage: 0x2000 };
  const pageMap = { ...sizes, sections: [], moreSections: 1, iat: [], straddles: [], edits: [], refusals: [] };
  const report = { ...clean, authenticode, pageMap, plan: { ...plan, truncateTo: 0x5000 } };
  const summary = { images: 1, clean: 1, errors: 0, warnings: 0, fixed: 0, refused: 0, unreadable: 0 };
  const interrupted = { signal: 'SIGINT', done: 1, total: null } as const;
  const text = reporter.image({ report, named: true, sections: [] }) + reporter.end({ ...head, summary, interrupted });
  return JSON.parse(text);
}

test('every member of the schema is described, and occurs in a report; reports have no others', async (t) => {
  t.timeout(120_000);
  const found = new Set<string>();
  for (const report of [...(await reports(t)), rarely()]) {
    t.true(isReport(report), JSON.stringify(isReport.errors));
    membersOf(report, '', found);
  }
  const named: string[] = [];
  eachMember((path, { description }) => {
    named.push(path);
    t.is(typeof description, 'string', `${path} is not described`);
  });
  t.true(named.length > 90, `${named.length} members`);
  t.deepEqual(
    named.filter((path) => !found.has(path)),
    [],
    'members that no report has',
  );
});

/** `| HVCI2003 | characteristics, virtualSize |`, by code. */
const dataOf = new Map(
  [...page.matchAll(/^\| (HVCI[\d, HVCI]+) \| (.*) \|$/gm)].flatMap(([, codes = '', members = '']) =>
    codes.split(', ').map((code) => [code, [...members.matchAll(/`(\w+)`/g)].map(([, name]) => name)] as const),
  ),
);

test('the page has a row for the data of each rule, and the samples have what it says', async (t) => {
  for (const { meta } of rules) t.true(dataOf.has(meta.code), `${meta.code} has no row`);
  const { stdout } = await run(['.', '--format', 'json'], { cwd: everything(t) });
  const { images } = JSON.parse(stdout) as JsonReport;
  const findings = images.flatMap((image) => image.findings) as unknown as { code: string; data: object }[];
  t.true(new Set(findings.map(({ code }) => code)).size >= 6);
  for (const { code, data } of findings)
    for (const name of Object.keys(data)) t.true(dataOf.get(code)?.includes(name), `${code} ${name}`);
});

/** Drivers that projects published, where the folder shared/corpus exists: the command fixes them, pefile judges. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { scratch } from '../plugin/files/scratch.js';
import { type JsonReport, run } from '../support/command.js';
import { repositoryFile } from '../support/repository.js';
import { oracleTools, toolsReady } from '../support/toolchain/tools.js';
import { content, dumpDifference, onlyPlannedBytes } from './fix-support.js';

const corpus = process.env['HVCI_FIX_CORPUS'] ?? repositoryFile('../shared/corpus');

interface Row {
  readonly file: string;
  readonly verdict: string;
  readonly cert_present: boolean;
  readonly wx_init: readonly string[];
  readonly nx: boolean;
  readonly checksum_stored: number;
  readonly checksum_computed: number;
}

/** The rows of one verdict; null, with a log line, where there is no corpus. */
function rowsOf(t: ExecutionContext, verdict: string): Row[] | null {
  if (!existsSync(join(corpus, 'oracle.jsonl'))) {
    t.log(`skipped, there is no ${corpus}`);
    t.pass();
    return null;
  }
  const lines = readFileSync(join(corpus, 'oracle.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Row).filter((row) => row.verdict === verdict);
}

interface Judged {
  readonly executeWrite: readonly string[];
  readonly sectionAlignment: number;
  readonly nx: boolean;
  readonly checkSumRight: boolean;
  readonly certificate: number;
}

/** pefile's fast_load: tests/support/toolchain/pefile.ts reads relocations too, and knows none of Itanium's. */
const JUDGE = `
import json, sys, pefile
for path in sys.argv[1:]:
    pe = pefile.PE(path, fast_load=True)
    optional = pe.OPTIONAL_HEADER
    both = [s.Name.rstrip(b"\\0").decode("latin-1") for s in pe.sections if s.Characteristics & 0xA0000000 == 0xA0000000]
    print(json.dumps({"executeWrite": both, "sectionAlignment": optional.SectionAlignment,
        "nx": bool(optional.DllCharacteristics & 0x100), "checkSumRight": optional.CheckSum == pe.generate_checksum(),
        "certificate": optional.DATA_DIRECTORY[4].VirtualAddress}))
`;

async function judge(paths: readonly string[]): Promise<Judged[]> {
  const { stdout } = await execa('/usr/bin/python3', ['-c', JUDGE, ...paths]);
  return stdout.split('\n').map((line) => JSON.parse(line) as Judged);
}

test('every header-fixable driver comes out fixed, with only the planned bytes changed', async (t) => {
  t.timeout(240_000);
  const rows = rowsOf(t, 'header-fixable');
  if (rows === null || !toolsReady(t, oracleTools)) return;
  t.true(rows.length >= 20, `${rows.length} rows`);
  const out = join(scratch(t), 'out');
  const before = new Map(rows.map(({ file }) => [file, statSync(join(corpus, file)).mtimeMs]));
  const paths = rows.map(({ file }) => join(corpus, file));
  const { exitCode, stdout } = await run(['fix', '--strip-signature', '--out', out, '--format', 'json', ...paths]);
  // Old drivers allocate executable pool: that is left, and no header changes it.
  t.is(exitCode, 1);
  const { images } = JSON.parse(stdout) as JsonReport;
  const errors = images.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'error'));
  const open = errors.filter(({ outcome }) => outcome !== 'fixed').map(({ code }) => code);
  t.deepEqual([...new Set(open)].sort(), ['HVCI2000', 'HVCI2002']);
  t.deepEqual(readdirSync(out).sort(), rows.map(({ file }) => file).sort());

  const reports = await judge(rows.map(({ file }) => join(out, file)));
  for (const [index, row] of rows.entries()) {
    const image = images[index]!;
    const report = reports[index]!;
    t.is(image.path, paths[index]!);
    t.is(image.plan?.outcome, 'fixed', row.file);
    const right = { executeWrite: [], nx: true, checkSumRight: true, certificate: 0 };
    t.like(report, right, row.file);
    t.is(report.sectionAlignment % 0x1000, 0, row.file);
    const codes = ['HVCI2003', 'HVCI2004', 'HVCI2005', 'HVCI3002', 'HVCI4001'];
    const left = image.findings.filter(({ code, outcome }) => codes.includes(code) && outcome !== 'fixed');
    t.deepEqual(left, [], row.file);
    onlyPlannedBytes(t, content(paths[index]!), content(join(out, row.file)), image);
    t.is(statSync(join(corpus, row.file)).mtimeMs, before.get(row.file)!);

    // The dump says it in words: these lines and no others.
    const { removed, added } = await dumpDifference(paths[index]!, join(out, row.file));
    const meant =
      /^(?:CheckSum: |Characteristics \[ \(0x|IMAGE_SCN_MEM_WRITE |IMAGE_DLL_CHARACTERISTICS_NX_COMPAT |Certificate(?:Table)?(?:RVA|Size): )/;
    t.deepEqual(
      [...removed, ...added].filter((line) => !meant.test(line)),
      [],
      row.file,
    );
    t.is(removed.filter((line) => line.startsWith('IMAGE_SCN_MEM_WRITE')).length, row.wx_init.length, row.file);
    t.is(added.filter((line) => line.startsWith('IMAGE_DLL_CHARACTERISTICS_NX')).length, row.nx ? 0 : 1, row.file);
  }
});

test('a driver that only a relink helps: what the fix writes is planned, and the rest still reported', async (t) => {
  const rows = rowsOf(t, 'needs-rebuild');
  if (rows === null || !toolsReady(t, oracleTools)) return;
  const out = join(scratch(t), 'out');
  const paths = rows.map(({ file }) => join(corpus, file));
  const { stdout } = await run(['fix', '--strip-signature', '--out', out, '--format', 'json', ...paths]);
  const { images } = JSON.parse(stdout) as JsonReport;
  t.is(images.length, rows.length);
  const written = existsSync(out) ? readdirSync(out) : [];
  for (const file of written) {
    const image = images.find(({ path }) => path.endsWith(file))!;
    onlyPlannedBytes(t, content(join(corpus, file)), content(join(out, file)), image);
    // Part of it could be fixed; the rest is still reported.
    t.true(
      image.findings.some(({ outcome }) => outcome === 'none' || outcome === 'refused'),
      file,
    );
  }
});

test('signed drivers without a word: all refused, none written', async (t) => {
  const rows = rowsOf(t, 'header-fixable')?.filter((row) => row.cert_present);
  if (rows === undefined) return;
  const out = join(scratch(t), 'out');
  const paths = rows.map(({ file }) => join(corpus, file));
  const { exitCode, stdout } = await run(['fix', '--out', out, '--format', 'json', ...paths]);
  t.is(exitCode, 1);
  for (const { plan, path } of (JSON.parse(stdout) as JsonReport).images) t.is(plan?.refusals[0]?.code, 'signed', path);
  t.false(existsSync(out));
});

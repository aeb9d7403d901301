/**
 * Genuine drivers against facts that pefile and llvm-readobj established (oracle.jsonl, a line a driver). The drivers are not
 * part of the repository: HVCI_FIX_CORPUS names their folder, by default ../shared/corpus; without it the test is skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { applyPlan } from '../../fixer/fix/apply.js';
import { planFixes } from '../../fixer/fix/plan.js';
import { verifyPlan } from '../../fixer/fix/verify.js';
import { scanRelocations } from '../../fixer/pe/base-relocations.js';
import { type Image, parseImage } from '../../fixer/pe/image.js';
import { sectionsOfTable } from '../../fixer/pe/import-address-table.js';
import { check } from '../../fixer/rules/check.js';
import { checkSumOf } from '../support/image-builder-checksum.js';
import { repositoryFile } from '../support/repository.js';

/** A line of oracle.jsonl, as far as it is compared. */
interface Row {
  readonly file: string;
  readonly machine: string;
  readonly magic: 'PE32' | 'PE32+';
  readonly subsystem: number;
  readonly section_alignment: number;
  readonly file_alignment: number;
  readonly size_of_image: number;
  readonly size_of_headers: number;
  readonly dll_characteristics: number;
  readonly checksum_stored: number;
  readonly checksum_computed: number;
  readonly iat_section: string | null;
  readonly iat_exec: boolean;
  readonly reloc_count: number;
  readonly reloc_straddle: number;
  readonly nx: boolean;
  readonly cert_present: boolean;
  readonly rva_unaligned: readonly string[];
  readonly wx_init: readonly string[];
  readonly wx_other: readonly string[];
  readonly verdict: 'clean' | 'header-fixable' | 'needs-rebuild';
  readonly sections: readonly { name: string; rva: number; vsize: number; raw: number; rawsize: number; ch: number }[];
}

const folder = process.env['HVCI_FIX_CORPUS'] ?? repositoryFile('../shared/corpus');
const oracle = join(folder, 'oracle.jsonl');
const rows: readonly Row[] = existsSync(oracle)
  ? readFileSync(oracle, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
  : [];
const read = (row: Row): Uint8Array => new Uint8Array(readFileSync(join(folder, row.file)));
/** What the oracle looked at: the rules of the image, not those of its code. */
const IMAGE_CODES: ReadonlySet<string> = new Set(['HVCI2003', 'HVCI2004', 'HVCI2005', 'HVCI3001', 'HVCI3002']);
const FIXED_CODES = ['HVCI2003', 'HVCI2004', 'HVCI2005', 'HVCI3002', 'HVCI4001'];

if (rows.length === 0) {
  test('genuine drivers', (t) => {
    t.log(`skipped: there is no ${oracle} (set HVCI_FIX_CORPUS)`);
    t.pass();
  });
}

for (const row of rows) {
  test(`${row.file} is read as the oracle reads it`, (t) => {
    const bytes = read(row);
    const parsed = parseImage(bytes);
    if (!parsed.ok) return t.fail(parsed.error.message);
    const image = parsed.value;
    t.deepEqual(headerFacts(image), expectedHeaders(row));
    t.deepEqual(
      image.sections.map((section) => ({
        name: section.name,
        rva: section.virtualAddress,
        vsize: section.virtualSize,
        raw: section.pointerToRawData,
        rawsize: section.sizeOfRawData,
        ch: section.characteristics,
      })),
      [...row.sections],
    );
    t.is(image.computedCheckSum, row.checksum_computed);
    const table = image.importAddressTable;
    if (!table.ok) return t.fail(table.error.message);
    const holders = table.value === null ? null : sectionsOfTable(table.value).map(({ section }) => section.name);
    t.is(holders?.join(',') ?? null, row.iat_section);
    const relocations = image.baseRelocations;
    if (!relocations.ok) return t.fail(relocations.error.message);
    const scan = relocations.value === null ? null : scanRelocations(relocations.value, image.machine);
    t.deepEqual([scan?.count ?? 0, scan?.straddles.length ?? 0], [row.reloc_count, row.reloc_straddle]);
  });

  test(`${row.file} is judged as the oracle judges it`, (t) => {
    const bytes = read(row);
    const parsed = parseImage(bytes);
    if (!parsed.ok) return t.fail(parsed.error.message);
    const result = check(parsed.value);
    t.is(result.kind, 'driver');
    t.deepEqual(result.undetermined, []);
    t.is(result.signed, row.cert_present);
    const of = (code: string) => result.findings.filter((finding) => finding.code === code);
    const executeWrite = of('HVCI2003').map(({ section }) => section);
    t.deepEqual(executeWrite.toSorted(), [...row.wx_init, ...row.wx_other].toSorted());
    const unaligned = of('HVCI2004').flatMap(({ section }) => (section === null ? [] : [section]));
    t.deepEqual(unaligned, [...row.rva_unaligned]);
    t.is(
      of('HVCI2004').some(({ field }) => field === 'optionalHeader.sectionAlignment'),
      row.section_alignment % 0x1000 !== 0,
    );
    t.is(of('HVCI2005').length > 0, row.iat_exec);
    t.is(of('HVCI3001').length > 0, row.reloc_straddle > 0);
    t.is(of('HVCI3002').length > 0, !row.nx);
    t.is(of('HVCI4001').length > 0, row.checksum_stored !== row.checksum_computed);
    // The oracle's verdict leaves the checksum out, and is about machines that have memory integrity.
    if (row.machine !== 'amd64' && row.machine !== 'arm64') return;
    const judged = result.findings.filter(({ code }) => IMAGE_CODES.has(code));
    const fixable = judged.every(({ fix }) => fix === 'safe');
    const verdict = judged.length === 0 ? 'clean' : fixable ? 'header-fixable' : 'needs-rebuild';
    t.is(verdict, row.verdict);
  });

  if (row.verdict !== 'header-fixable') continue;
  test(`${row.file} comes out fixed`, (t) => {
    const bytes = read(row);
    const parsed = parseImage(bytes);
    if (!parsed.ok) return t.fail(parsed.error.message);
    const options = { stripSignature: true };
    const result = check(parsed.value);
    const plan = planFixes(parsed.value, result, options);
    t.is(plan.blocked, null);
    const applied = applyPlan(bytes, plan);
    if (!applied.ok) return t.fail(applied.refusal.message);
    const verification = verifyPlan(bytes, applied.bytes, plan, {}, options);
    t.deepEqual(verification.problems, []);
    t.deepEqual(verifyPlan(bytes, applied.bytes, plan, {}, options, result), verification);
    // Beside an image in which nothing was wrong, each finding that is left would be new.
    const spotless = { findings: [], undetermined: [] };
    const { problems } = verifyPlan(bytes, applied.bytes, plan, {}, options, spotless);
    t.is(problems.length, verification.result?.findings.length ?? -1);
    const left = verification.result?.findings.map(({ code }) => code) ?? ['no result'];
    t.deepEqual(
      left.filter((code) => FIXED_CODES.includes(code)),
      [],
    );
    const expected = bytes.slice(0, applied.bytes.length);
    for (const { offset, length } of plan.edits) expected.set(applied.bytes.subarray(offset, offset + length), offset);
    t.is(Buffer.compare(expected, applied.bytes), 0, 'a byte changed that no edit names');
    const planned = plan.edits.reduce((sum, { length }) => sum + length, 0);
    t.true(planned <= 4 * row.wx_init.length + 2 + 4 + 8 + 16, `${planned} bytes in the plan`);
    const field = parsed.value.optionalHeader.offset + 64;
    t.is(new DataView(applied.bytes.buffer).getUint32(field, true), checkSumOf(applied.bytes, field));
  });
}

function headerFacts(image: Image) {
  const { optionalHeader: header } = image;
  return {
    magic: header.magic,
    subsystem: header.subsystem,
    sectionAlignment: header.sectionAlignment,
    fileAlignment: header.fileAlignment,
    sizeOfImage: header.sizeOfImage,
    sizeOfHeaders: header.sizeOfHeaders,
    dllCharacteristics: header.dllCharacteristics,
    checkSum: header.checkSum,
  };
}

function expectedHeaders(row: Row): ReturnType<typeof headerFacts> {
  return {
    magic: row.magic === 'PE32+' ? 0x20b : 0x10b,
    subsystem: row.subsystem,
    sectionAlignment: row.section_alignment,
    fileAlignment: row.file_alignment,
    sizeOfImage: row.size_of_image,
    sizeOfHeaders: row.size_of_headers,
    dllCharacteristics: row.dll_characteristics,
    checkSum: row.checksum_stored,
  };
}

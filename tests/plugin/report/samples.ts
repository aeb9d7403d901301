/** Reports as the commands would build them, for the reporters' tests: small, and every branch is in one of them. */
import type {
  ImageReport,
  ImageResult,
  PlanReport,
  Report,
  ReportedFinding,
  Reporter,
  SectionRow,
} from '../../../plugin/report/model.js';

/** Flags as winnt.h has them: code RX, read-only, data RW, INIT with DISCARDABLE and all three rights. */
const CODE = 0x60000020;
const READ_ONLY = 0x40000040;
const DATA = 0xc0000040;
const INIT_RWX = 0xe2000020;

export const sections: readonly SectionRow[] = [
  row('.text', 0x1000, 0x2c5a, 0x400, CODE),
  row('.rdata', 0x4000, 0x6cc, 0x3200, READ_ONLY),
  row('.data', 0x5000, 0x1140, 0x3a00, DATA),
  row('INIT', 0x7000, 0x54a, 0x4c00, INIT_RWX),
  row('.reloc', 0x8000, 0xc, 0x5200, 0x42000040),
];

export function row(name: string, rva: number, virtualSize: number, offset: number, flags: number): SectionRow {
  const sizeOfRawData = Math.ceil(virtualSize / 0x200) * 0x200;
  return { name, rva, virtualSize, offset, sizeOfRawData, characteristics: flags };
}

export const initRwx: ReportedFinding = {
  code: 'HVCI2003',
  name: 'execute-write-section',
  severity: 'warning',
  effect: 'hygiene',
  message: 'Section INIT is executable and writable.',
  hint: 'Link without /SECTION:INIT,ERW.',
  section: 'INIT',
  field: 'sections[3].characteristics',
  offset: 0x284,
  length: 4,
  rva: 0x7000,
  symbol: null,
  data: { characteristics: INIT_RWX },
  fix: 'safe',
  outcome: 'none',
  refusal: null,
};

export const iatInCode: ReportedFinding = {
  ...initRwx,
  code: 'HVCI2005',
  name: 'iat-in-executable-section',
  severity: 'error',
  effect: 'refused-at-load',
  message: 'The import address table lies in the executable section .text.',
  hint: 'Drop /MERGE:.rdata=.text.',
  section: '.text',
  field: 'dataDirectories[12]',
  offset: 0x1d8,
  length: 8,
  rva: 0x1000,
  data: {},
  fix: 'none',
};

export const noNx: ReportedFinding = {
  ...initRwx,
  code: 'HVCI3002',
  name: 'nx-compat-missing',
  severity: 'info',
  effect: 'hygiene',
  message: 'DllCharacteristics does not have NX_COMPAT.',
  hint: 'Link with /NXCOMPAT.',
  section: null,
  field: 'optionalHeader.dllCharacteristics',
  offset: 0x156,
  length: 2,
  rva: null,
  data: {},
};

export const plan: PlanReport = {
  outcome: 'planned',
  failed: false,
  writtenTo: null,
  backup: null,
  edits: [
    {
      offset: 0x284,
      length: 4,
      field: 'sections[3].characteristics',
      section: 'INIT',
      cause: 'HVCI2003',
      before: '200000e2',
      after: '20000062',
      description: 'clear IMAGE_SCN_MEM_WRITE',
    },
    {
      offset: 0x150,
      length: 4,
      field: 'optionalHeader.checkSum',
      section: null,
      cause: 'HVCI4001',
      before: 'a8850100',
      after: 'a8850180',
      description: 'recompute over the edited bytes',
    },
  ],
  refusals: [],
  notes: ['No direct store into INIT was found.'],
};

export const clean: ImageReport = {
  path: 'C:\\out\\good.sys',
  sha256: null,
  size: 21504,
  machine: 'x64',
  kind: 'driver',
  signed: false,
  status: 'clean',
  findings: [],
  undetermined: [],
  coverage: { callSites: 0, resolved: 0, notes: [] },
};

export const legacy: ImageReport = {
  ...clean,
  path: 'C:\\out\\legacy.sys',
  status: 'findings',
  findings: [initRwx, iatInCode, noNx],
};

export const userMode: ImageReport = {
  ...clean,
  path: 'C:\\out\\tool.exe',
  kind: 'user-mode',
  status: 'not-applicable',
};

export const cutOff: ImageReport = {
  ...clean,
  path: 'C:\\out\\cut.sys',
  machine: 'unknown',
  status: 'unreadable',
  error: {
    code: 'truncated',
    path: 'optionalHeader',
    offset: 0xf8,
    message: 'The optional header needs 240 bytes and the file has 12 left.',
  },
};

export function result(report: ImageReport, rows: readonly SectionRow[] = sections): ImageResult {
  return { report, named: true, sections: rows };
}

/** What a command hands to `end`; the counts are the caller's, not computed here. */
export function summary(counts: Partial<Report['summary']>): Omit<Report, 'images'> {
  return {
    schemaVersion: 1,
    tool: { name: 'hvci-fix', version: '0.1.0' },
    targetOs: '1507',
    summary: { images: 1, clean: 0, errors: 0, warnings: 0, fixed: 0, refused: 0, unreadable: 0, ...counts },
  };
}

/** Everything a reporter prints for these images. */
export function print(reporter: Reporter, results: readonly ImageResult[], counts: Partial<Report['summary']>): string {
  return (
    results.map((image) => reporter.image(image)).join('') +
    reporter.end(summary({ images: results.length, ...counts }))
  );
}

/** Names that try to forge a line, colour the terminal, reverse text or leave the origin of an MSBuild message. */
export const HOSTILE = [
  'a\nb',
  'a\r\nC:\\x.sys : error FORGED1: gotcha',
  '\x1b[31mred\x1b]0;title\x07',
  '\x9b2J\x85next',
  '\u202egnp.sys\u2066\u200f',
  'line\u2028para\u2029',
  'x:1:2: error: forged',
  'my error x',
  '\ud800lone',
  '\u{e0041}tag\ufeff\u3164',
];

/** Pages and their owners, against layouts written down by hand and against llvm-readobj's sections of a real driver. */
import test from 'ava';
import type { MapRecord } from '../../../plugin/report-page/data.js';
import { isGap, letters, pageRuns } from '../../../plugin/report-page/page-runs.js';

const CODE = 0x60000020;
const READ_ONLY = 0x40000040;
const DATA = 0xc0000040;
const INIT_RWX = 0xe2000020;

const map = (part: Partial<MapRecord>): MapRecord => ({
  alignment: 0x1000,
  headers: 0x400,
  image: 0x6000,
  sections: [
    ['.text', 0x1000, 0x1234, CODE],
    ['.rdata', 0x3000, 0x10, READ_ONLY],
    ['.data', 0x4000, 0x1000, DATA],
    ['INIT', 0x5000, 0x54a, INIT_RWX],
  ],
  iat: [],
  straddles: [],
  calls: [],
  edits: [],
  refusals: [],
  ...part,
});

const edit = (field: string, after: string) => ({ offset: 0, field, cause: 'HVCI2003', before: '', after, what: 0 });

/** `first+count now>planned sections`. */
const shown = (record: MapRecord): string[] =>
  pageRuns(record).map(
    (run) =>
      `${run.first}+${run.count} ${letters(run.now)}>${letters(run.planned)} ${run.headers ? 'H' : ''}${isGap(run) ? 'gap' : run.sections.join('')}${run.discardable ? ' discardable' : ''}`,
  );

test('a page belongs to the section that has bytes in it, and is as protected as that', (t) => {
  t.deepEqual(shown(map({})), [
    '0+1 R-->R-- H',
    '1+2 R-X>R-X 0',
    '3+1 R-->R-- 1',
    '4+1 RW->RW- 2',
    '5+1 RWX>RWX 3 discardable',
  ]);
});

test('the plan: W taken from a section, bytes in file order', (t) => {
  const record = map({ edits: [edit('sections[3].characteristics', '20000062')] });
  t.is(shown(record).at(-1), '5+1 RWX>R-X 3 discardable');
});

test('low alignment: one piece, every page writable and executable, until the alignment is raised', (t) => {
  const low = map({ alignment: 0x80 });
  t.true(pageRuns(low).every(({ now, planned }) => letters(now) === 'RWX' && letters(planned) === 'RWX'));
  const raised = map({ alignment: 0x80, edits: [edit('optionalHeader.sectionAlignment', '00100000')] });
  t.deepEqual(
    pageRuns(raised).map(({ planned }) => letters(planned)),
    ['R--', 'R-X', 'R--', 'RW-', 'RWX'],
  );
});

test('two sections in one page share what either may do', (t) => {
  const record = map({
    headers: 0x480,
    sections: [
      ['a', 0x480, 0x100, CODE],
      ['b', 0x580, 0x1000, DATA],
    ],
    image: 0x2000,
  });
  t.deepEqual(shown(record), ['0+1 RWX>RWX H01', '1+1 RW->RW- 1']);
});

test('pages that nobody has are a gap; SizeOfImage may lie in both directions', (t) => {
  const record = map({ sections: [['a', 0x3000, 1, CODE]], image: 0x6000 });
  t.deepEqual(shown(record), ['0+1 R-->R-- H', '1+2 --->--- gap', '3+1 R-X>R-X 0', '4+2 --->--- gap']);
  t.deepEqual(shown({ ...record, image: 0 }), ['0+1 R-->R-- H', '1+2 --->--- gap', '3+1 R-X>R-X 0']);
});

test('forged: sections over the whole address space, thousands of runs, and still in time', (t) => {
  const sections = Array.from({ length: 256 }, (_, index) => [`s${index}`, index * 0x1000, 0xffffffff, CODE] as const);
  const runs = pageRuns(map({ sections, image: 0xffffffff, headers: 0xffffffff }));
  t.is(
    runs.reduce((sum, { count }) => sum + count, 0),
    0x100000,
  );
  t.deepEqual(shown(map({ sections: [], image: 0, headers: 0 })), []);
});

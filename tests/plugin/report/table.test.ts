import test from 'ava';
import { createPaint } from '../../../plugin/report/ansi.js';
import { sectionFinder } from '../../../plugin/report/finding-section.js';
import { counted, grouped } from '../../../plugin/report/numbers.js';
import { protection, sectionTable } from '../../../plugin/report/section-table.js';
import { renderTable } from '../../../plugin/report/table.js';
import { initRwx, row, sections } from './samples.js';

const paint = createPaint(false);

test('columns line up, the last one wraps under itself, no line ends in a space', (t) => {
  const rows = [{ cells: ['a', 'bb', 'one two three four five'] }, { cells: ['aaa', 'b', ''] }];
  t.deepEqual(renderTable(rows, ' ', 26), [' a    bb  one two three', '          four five', ' aaa  b']);
});

test('numbers', (t) => {
  t.deepEqual([0, 999, 1000, 2007, 1234567].map(grouped), ['0', '999', '1,000', '2,007', '1,234,567']);
  t.is(counted(1, 'error'), '1 error');
  t.is(counted(0, 'error'), '0 errors');
});

test('protection follows the IMAGE_SCN_MEM bits of winnt.h', (t) => {
  t.is(protection(0x60000020), 'R-X');
  t.is(protection(0xe2000020), 'RWX');
  t.is(protection(0xc0000040), 'RW-');
  t.is(protection(0x00000020), '---');
});

test('the field path finds the section, not the name that another section shares', (t) => {
  const twins = [row('INIT', 0x1000, 0x100, 0x400, 0x60000020), row('INIT', 0x2000, 0x100, 0x600, 0xe2000020)];
  const sectionOf = sectionFinder(twins);
  t.is(sectionOf({ ...initRwx, field: 'sections[1].characteristics', rva: 0x2000 }), 1);
  t.is(sectionOf({ ...initRwx, field: null, rva: 0x20ff }), 1);
  t.is(sectionOf({ ...initRwx, field: null, rva: null }), 0);
  t.is(sectionOf({ ...initRwx, field: null, rva: 0x2100, section: 'none' }), -1);
});

test('a forged header has as many sections as findings: no section is looked at for each finding', (t) => {
  let looks = 0;
  const many = Array.from({ length: 1000 }, (_, i) => ({
    ...row(`.s${i}`, 0x1000 * (i + 1), 0x10, 0x400, 0xe0000020),
    get rva() {
      looks++;
      return 0x1000 * (i + 1);
    },
    get name() {
      looks++;
      return `.s${i}`;
    },
  }));
  const findings = many.flatMap((_, i) => [
    { ...initRwx, field: null, rva: 0x1000 * (i + 1), section: null },
    { ...initRwx, field: null, rva: null, section: `.s${i}` },
  ]);
  const sectionOf = sectionFinder(many);
  looks = 0;
  t.deepEqual(
    findings.map(sectionOf),
    many.flatMap((_, i) => [i, i]),
  );
  t.true(looks < 100 * many.length, `${looks} looks`);
});

test('above 24 sections only those with a finding are shown, and how many there are', (t) => {
  const many = Array.from({ length: 30 }, (_, i) => row(`.s${i}`, 0x1000 * (i + 1), 0x10, 0x400, 0xc0000040));
  const finding = { ...initRwx, field: 'sections[7].characteristics' };
  t.deepEqual(sectionTable(many, [finding], undefined, 100, paint), [
    '    SECTION  RVA     SIZE  OFFSET  ACCESS',
    '  > .s7      0x8000  0x10  0x400   RW-     HVCI2003',
    '    and 29 without; 30 sections in all',
  ]);
});

test('names in the table are escaped and cut', (t) => {
  const rows = [row('\x1b[2J', 0x1000, 0, 0x400, 0), row('n'.repeat(40), 0x2000, 1, 0x400, 0)];
  const text = sectionTable(rows, [], undefined, 100, paint).join('\n');
  t.true(text.includes('    \\x1b[2J '));
  t.true(text.includes(`    ${'n'.repeat(22)}..  0x2000`));
  t.is(sectionTable(sections, [], undefined, 100, paint).length, 6);
});

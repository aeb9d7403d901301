/** Expectations are typed from Microsoft's "General Syntax Rules for INF Files". */
import test from 'ava';
import fc from 'fast-check';
import { readInf } from '../../../../plugin/packages/inf/document.js';
import { imagesOf } from '../../../../plugin/packages/inf/drivers.js';
import { parseInf } from '../../../../plugin/packages/inf/parse.js';

const entries = (text: string, section = 's') => parseInf(`[${section}]\n${text}`).sections.get(section) ?? [];
const values = (line: string) => entries(line)[0]?.values;

test('keys, values, blanks, comments', (t) => {
  t.deepEqual(entries(' a = b , c ;x, y\n; all comment\n\nd'), [
    { key: 'a', values: ['b', 'c'], line: 2 },
    { key: null, values: ['d'], line: 5 },
  ]);
  t.deepEqual(values('a = b,,,d'), ['b', '', '', 'd']);
  t.deepEqual(values('a = x=y'), ['x=y']);
});

test('quotation marks: commas, semicolons, blanks, doubled marks', (t) => {
  t.deepEqual(values('a = "x, y;z" , " b "'), ['x, y;z', ' b ']);
  t.deepEqual(values('a = "say ""hi"""'), ['say "hi"']);
  t.deepEqual(entries('"a=b" = c')[0]?.key, 'a=b');
  const unclosed = parseInf('[s]\na = "x\nb = y');
  t.is(unclosed.sections.get('s')?.length, 2);
  t.deepEqual(unclosed.problems, [{ line: 2, message: 'a quotation mark is not closed' }]);
});

test('a backslash at the end joins lines; one inside a path does not', (t) => {
  t.deepEqual(entries('a = b, \\\n  c, \\ ; why\n  d\ne = \\x\\y'), [
    { key: 'a', values: ['b', 'c', 'd'], line: 2 },
    { key: 'e', values: ['\\x\\y'], line: 5 },
  ]);
  t.deepEqual(values('a = b \\'), ['b']);
});

test('section names: case, quotes, the same name twice, no bracket, text before the first', (t) => {
  const { sections, problems } = parseInf('x = 1\n[ A.NTamd64 ]\na=1\n["a.ntAMD64"]\nb=2\n[open\nc=3');
  t.deepEqual(
    sections.get('a.ntamd64')?.map(({ key }) => key),
    ['a', 'b'],
  );
  t.deepEqual([...sections.keys()], ['a.ntamd64', 'open']);
  t.deepEqual(
    problems.map(({ line }) => line),
    [1, 6],
  );
});

test('strings: in keys and values, %%, languages, unknown ones and dirids stay', (t) => {
  const inf = readInf(
    Buffer.from(
      '[s]\n%K% = "%v% 100%%", %12%\\%file%, %none%\n[Strings]\nk=Key\nV = "Value; x"\n[Strings.0409]\nfile=a.sys\nv=other',
    ),
  );
  t.deepEqual(inf.section('S'), [{ key: 'Key', values: ['Value; x 100%', '%12%\\a.sys', '%none%'], line: 2 }]);
});

const text = '[s]\r\na = Ärger\r\n';
for (const [name, bytes] of [
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
  ['ANSI', Buffer.from(text, 'latin1')],
  ['UTF-16LE', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16BE', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
] as const) {
  test(`encoding: ${name}`, (t) => {
    const inf = readInf(bytes);
    t.deepEqual(inf.section('s')[0]?.values, ['Ärger']);
    t.deepEqual(inf.problems, []);
  });
}

test('UTF-16 with errors: read as far as it goes, and told with the line', (t) => {
  const good = Buffer.from(`\ufeff${text}b = c\r\n`, 'utf16le');
  const odd = readInf(good.subarray(0, -1));
  t.is(odd.section('s').length, 2);
  t.regex(odd.problems[0]?.message ?? '', /half a character/);
  const lone = Buffer.from('\ufeff[s]\na = x\nb = \ud800y', 'utf16le');
  t.deepEqual(readInf(lone).problems, [{ line: 3, message: 'the UTF-16 text is broken here' }]);
  for (const unmarked of [good.subarray(2), Buffer.from(good.subarray(2)).swap16()]) {
    const inf = readInf(unmarked);
    t.is(inf.section('s').length, 2);
    t.regex(inf.problems[0]?.message ?? '', /without a byte order mark/);
  }
});

test('any bytes: an answer, at once', (t) => {
  const piece = fc.constantFrom(
    '[',
    ']',
    'Manufacturer',
    'CopyFiles',
    '=',
    ',',
    '"',
    '%',
    '\\',
    '\n',
    ';',
    '@',
    'a.sys',
    '\0',
    '.NTamd64',
    'Needs',
    'SourceDisksFiles',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(piece, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
      ),
      (bytes) => {
        imagesOf(readInf(bytes));
        return true;
      },
    ),
    { numRuns: process.env['HVCI_FIX_LONG'] === '1' ? 50_000 : 1_000 },
  );
  t.pass();
});

test('made to take long: models by the thousand over files by the thousand, sections that need each other', (t) => {
  const many = Array.from({ length: 3_000 }, (_, index) => index);
  const lines = [
    '[Manufacturer]\nm=M,NTamd64\n[M.NTamd64]',
    ...many.map((index) => `d=I${index},x`),
    ...many.map((index) => `[I${index}]\nCopyFiles=F\nNeeds=I${(index + 1) % many.length}`),
    '[F]',
    ...many.map((index) => `f${index}.sys`),
  ];
  const started = process.hrtime.bigint();
  const { images, problems } = imagesOf(readInf(Buffer.from(lines.join('\n'))));
  t.true(images.length <= many.length);
  t.true(problems.some(({ message }) => message.includes('not all of them were looked at')));
  t.true(Number(process.hrtime.bigint() - started) / 1e9 < 20);
});

/** Every encoding and line end: what goes in is exactly the block, what comes out again is exactly the file. */
import test, { type ExecutionContext } from 'ava';
import { findBlock, insert, type Language, takeOut } from '../../../plugin/init/block.js';
import { decodeSource, encodeSource } from '../../../plugin/init/source-text.js';
import { wireCMake } from '../../../plugin/init/wire-cmake.js';
import { type Wiring, wireBuildProps, wireVcxproj } from '../../../plugin/init/wire-msbuild.js';
import { BUILD_PROPS, BUILD_PROPS_LINES, CMAKE_BLOCK, CMAKE_LISTS, VCXPROJ, VCXPROJ_LINES } from './projects.js';

/** Written with Node's own coders, one code unit at a time for the 8-bit code page. */
const encodings: Record<string, (text: string) => Buffer> = {
  'UTF-8': (text) => Buffer.from(text, 'utf8'),
  'UTF-8 with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf8'),
  'UTF-16LE with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'UTF-16BE with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  'Windows-1252': (text) => Buffer.from(text, 'latin1'),
};
const ofEndings: Record<string, (text: string) => string> = {
  LF: (text) => text,
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  // Every third line differs; the tests below know what the line before the block ends with.
  mixed: (text) =>
    text
      .split('\n')
      .map((line, index) => (index % 3 === 0 ? `${line}\r` : line))
      .join('\n')
      .replace(/\r$/, ''),
};
const endings: Record<string, (text: string) => string> = {
  'line end at the end': (text) => text,
  'no line end at the end': (text) => text.replace(/\n$/, ''),
  'blank lines at the end': (text) => `${text}\n  \n`,
};
const indents: Record<string, (text: string) => string> = {
  spaces: (text) => text,
  tabs: (text) => text.replace(/^(?: {2})+/gm, (blanks) => '\t'.repeat(blanks.length / 2)),
};

interface Kind {
  readonly language: Language;
  readonly wire: (text: string, folder: string) => Wiring;
  readonly original: string;
  /** The line before which the block goes. */
  readonly anchor: string;
  readonly block: string;
}
const kinds: Record<string, Kind> = {
  vcxproj: {
    language: 'xml',
    wire: wireVcxproj,
    original: VCXPROJ,
    anchor: '  <Import Project="$(VCTargetsPath)\\Microsoft.Cpp.targets" />\n  <ImportGroup',
    block: VCXPROJ_LINES,
  },
  'Directory.Build.props': {
    language: 'xml',
    wire: wireBuildProps,
    original: BUILD_PROPS,
    anchor: '</Project>',
    block: BUILD_PROPS_LINES,
  },
  'CMakeLists.txt': {
    language: 'cmake',
    wire: wireCMake,
    original: CMAKE_LISTS,
    anchor: '\nadd_library',
    block: CMAKE_BLOCK,
  },
};

function wired(t: ExecutionContext, kind: Kind, bytes: Buffer): Buffer {
  const source = decodeSource(bytes);
  if (!source.ok) throw new Error(source.message);
  const planned = kind.wire(source.value.text, 'node_modules/hvci-fix');
  if (!planned.ok || planned.value === null) throw new Error(`not wired: ${JSON.stringify(planned)}`);
  const text = insert(source.value.text, planned.value);
  t.deepEqual(kind.wire(text, 'node_modules/hvci-fix'), { ok: true, value: null }, 'a second run finds nothing to do');
  return encodeSource({ ...source.value, text });
}

function undone(kind: Kind, bytes: Buffer): Buffer {
  const source = decodeSource(bytes);
  if (!source.ok) throw new Error(source.message);
  const block = findBlock(source.value.text, kind.language);
  if (!block.ok || block.value === null) throw new Error(`not undone: ${JSON.stringify(block)}`);
  return encodeSource({ ...source.value, text: takeOut(source.value.text, block.value) });
}

for (const [kindName, kind] of Object.entries(kinds)) {
  for (const [encoding, encode] of Object.entries(encodings)) {
    if (kind.language === 'cmake' && encoding.startsWith('UTF-16')) continue;
    test(`${kindName}, ${encoding}: the block goes in, and out again to the byte`, (t) => {
      for (const [lines, ofLines] of Object.entries(ofEndings)) {
        for (const [end, ofEnd] of Object.entries(endings)) {
          for (const [indent, ofIndent] of Object.entries(indents)) {
            const what = [lines, end, indent].join(', ');
            const plain = ofEnd(ofIndent(kind.original));
            const anchor = plain.indexOf(ofIndent(kind.anchor));
            const before = ofLines(plain);
            const offset = ofLines(plain.slice(0, anchor)).length;
            const lineEnd = before[offset - 2] === '\r' ? '\r\n' : '\n';
            const block = (kind.language === 'xml' ? ofIndent(kind.block) : kind.block).replaceAll('\n', lineEnd);
            const expected = before.slice(0, offset) + block + before.slice(offset);
            const after = wired(t, kind, encode(before));
            t.is(after.toString('hex'), encode(expected).toString('hex'), what);
            t.is(undone(kind, after).toString('hex'), encode(before).toString('hex'), what);
          }
        }
      }
    });
  }
}

test('a CMakeLists.txt in UTF-16 is refused, as CMake refuses it', (t) => {
  const planned = wireCMake(`\uFEFF${CMAKE_LISTS}`, 'node_modules/hvci-fix');
  t.false(planned.ok);
  if (!planned.ok) t.regex(planned.message, /UTF-16.*UTF-8/);
});

test('a project on one line gets the block amid it', (t) => {
  const before = '<Project><A/><Import Project="x\\Microsoft.Cpp.targets"/></Project>';
  const after = wired(t, kinds['vcxproj'] as Kind, Buffer.from(before));
  t.regex(
    after.toString(),
    /^<Project><A\/><!-- hvci-fix: begin, inline\. [^<]*--><Import [^<]*\/><!-- hvci-fix: end --><Import Project="x/,
  );
  t.is(undone(kinds['vcxproj'] as Kind, after).toString(), before);
});

for (const [name, before, lineEnd] of [
  ['LF', 'cmake_minimum_required(VERSION 3.21)\nproject(x)', '\n'],
  ['CRLF', 'cmake_minimum_required(VERSION 3.21)\r\n  project(x) # last', '\r\n'],
  ['one line', 'project(x)', '\n'],
] as const) {
  test(`project() as a last line without line end, ${name}`, (t) => {
    const after = wired(t, kinds['CMakeLists.txt'] as Kind, Buffer.from(before));
    t.true(after.toString().startsWith(`${before}${lineEnd}`));
    t.true(after.toString().endsWith('# hvci-fix: end'), 'no line end is added at the end');
    t.is(undone(kinds['CMakeLists.txt'] as Kind, after).toString(), before);
  });
}

test('undo keeps what was edited elsewhere since', (t) => {
  for (const kind of Object.values(kinds)) {
    const after = wired(t, kind, Buffer.from(kind.original)).toString();
    const comment = kind.language === 'xml' ? '<!-- later -->' : '# later';
    const edited = `${comment}\n${after}${comment}`;
    // An XML declaration has to come first, but undo goes by the marks alone.
    t.is(undone(kind, Buffer.from(edited)).toString(), `${comment}\n${kind.original}${comment}`);
    const converted = after.replaceAll('\n', '\r\n');
    t.is(undone(kind, Buffer.from(converted)).toString(), kind.original.replaceAll('\n', '\r\n'));
  }
});

test('undo refuses a block that somebody changed, and a mark without its other half', (t) => {
  for (const [name, change, words] of [
    [
      'CMakeLists.txt',
      (text: string) => text.replace('hvci_fix_enable()', 'hvci_fix_enable(MODE check)'),
      'changed by hand',
    ],
    ['CMakeLists.txt', (text: string) => text.replace('# hvci-fix: end\n', ''), 'not one pair'],
    ['vcxproj', (text: string) => text.replace('hvci-fix.props" />', 'hvci-fix.props" /><A/>'), 'changed by hand'],
    ['vcxproj', (text: string) => text.replace(/.*hvci-fix: begin.*\n/, ''), 'not one pair'],
    ['vcxproj', (text: string) => text.replace('<!-- hvci-fix: end -->', '$&$&'), 'not one pair'],
  ] as const) {
    const kind = kinds[name] as Kind;
    const after = change(wired(t, kind, Buffer.from(kind.original)).toString());
    const block = findBlock(after, kind.language);
    t.false(block.ok);
    if (!block.ok) t.true(block.message.includes(words), block.message);
    const again = kind.wire(after, 'node_modules/hvci-fix');
    t.false(again.ok, 'nor is it wired on top');
  }
});

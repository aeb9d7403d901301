/** Response files: their encodings, their quoting, their nesting. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { decodeText } from '../../../plugin/files/decode-text.js';
import { expandResponseFiles } from '../../../plugin/link/expand.js';
import { splitGnu, splitWindows } from '../../../plugin/link/quoting.js';
import { scratch } from '../files/scratch.js';

/** Unicode, 3.10: U+00E9 and U+1F600 in each encoding form, typed byte by byte. */
const encodings: Record<string, readonly number[]> = {
  'UTF-8': [0x61, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80],
  'UTF-8 with a byte order mark': [0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80],
  'UTF-16 LE': [0xff, 0xfe, 0x61, 0x00, 0xe9, 0x00, 0x3d, 0xd8, 0x00, 0xde],
  'UTF-16 BE': [0xfe, 0xff, 0x00, 0x61, 0x00, 0xe9, 0xd8, 0x3d, 0xde, 0x00],
};
for (const [name, bytes] of Object.entries(encodings)) {
  test(`${name} is read by its byte order mark`, (t) => {
    t.is(decodeText(Uint8Array.from(bytes)), 'a\u00e9\u{1f600}');
  });
}

test('an odd byte at the end, an ANSI file and an empty one are no exception', (t) => {
  t.is(decodeText(Uint8Array.from([0xfe, 0xff, 0x00, 0x61, 0x00])), 'a');
  t.is(decodeText(Uint8Array.from([0x61, 0xe9, 0x62])), 'a\u00e9b');
  t.is(decodeText(new Uint8Array()), '');
});

/** The table of Microsoft's page "Parsing C command-line arguments". */
const microsoftsTable: readonly (readonly [string, readonly string[]])[] = [
  ['"abc" d e', ['abc', 'd', 'e']],
  [String.raw`a\\b d"e f"g h`, [String.raw`a\\b`, 'de fg', 'h']],
  [String.raw`a\\\"b c d`, [String.raw`a\"b`, 'c', 'd']],
  [String.raw`a\\\\"b c" d e`, [String.raw`a\\b c`, 'd', 'e']],
  ['a"b"" c d', ['ab" c d']],
];
for (const [text, expected] of microsoftsTable) {
  test(`Windows quoting: ${text}`, (t) => {
    t.deepEqual(splitWindows(text), expected);
  });
}

test('Windows quoting: line ends separate, an empty argument stays', (t) => {
  t.deepEqual(splitWindows('/out:"C:\\my drivers\\a.sys"\r\n/driver\n\n""\t/x'), [
    '/out:C:\\my drivers\\a.sys',
    '/driver',
    '',
    '/x',
  ]);
});

test('GNU quoting: either quote, and a backslash before anything', (t) => {
  t.deepEqual(splitGnu(String.raw`-o 'a b.sys' "c'd" e\ f \\g '' -Wl,--x`), [
    '-o',
    'a b.sys',
    "c'd",
    'e f',
    '\\g',
    '',
    '-Wl,--x',
  ]);
});

test('response files are expanded where they stand, nested ones from the same folder', (t) => {
  const folder = scratch(t);
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'outer.rsp'), '/driver @sub/inner.rsp "/out:a b.sys"');
  writeFileSync(join(folder, 'sub/inner.rsp'), '/align:32');
  const args = ['x.obj', '@outer.rsp', 'y.obj'];
  t.deepEqual(expandResponseFiles(args, folder, 'windows'), ['x.obj', '/driver', '/align:32', '/out:a b.sys', 'y.obj']);
});

test('a response file that names itself ends, one that is missing stays an argument', (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'loop.rsp'), '/a @loop.rsp @loop.rsp');
  t.deepEqual(expandResponseFiles(['@loop.rsp', '@none.rsp', '@'], folder, 'windows'), [
    '/a',
    '@loop.rsp',
    '@loop.rsp',
    '@none.rsp',
    '@',
  ]);
});

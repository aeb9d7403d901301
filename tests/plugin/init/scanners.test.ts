/** Where things are, held against readers that are not ours: expat for XML, CMake itself for CMake's language. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { scanCMake } from '../../../plugin/init/cmake-scanner.js';
import { scanXml } from '../../../plugin/init/xml-scanner.js';
import { toolsReady } from '../../support/toolchain/tools.js';
import { scratch } from '../files/scratch.js';
import { BUILD_PROPS, CMAKE_LISTS, VCXPROJ } from './projects.js';

const EXPAT = `
import sys, json, xml.parsers.expat
def elements(data):
    found = []; open_ = []
    p = xml.parsers.expat.ParserCreate()
    def start(name, attributes):
        found.append([name, attributes, p.CurrentByteIndex, None]); open_.append(len(found) - 1)
    def end(name):
        found[open_.pop()][3] = p.CurrentByteIndex
    p.StartElementHandler = start; p.EndElementHandler = end
    try:
        p.Parse(data, True)
    except xml.parsers.expat.ExpatError as e:
        return None
    return found
print(json.dumps([elements(bytes.fromhex(line)) for line in sys.stdin.read().split()]))
`;

type Expat = readonly [name: string, attributes: Record<string, string>, start: number, end: number];

const documents = [
  VCXPROJ,
  BUILD_PROPS,
  VCXPROJ.replaceAll('\n', '\r\n'),
  `\uFEFF${VCXPROJ}`,
  '<a/>',
  "<a b='1' c = \"it's\"\n\td='\"'><b/><c>x</c ><![CDATA[<no>]]><!-- <no> --><?no <no>?></a>",
  '<ä ö="ü">ß</ä>',
  '<a><b c=">"/></a>',
  // Not well-formed: both have to say so.
  '<a>',
  '<a></b>',
  '<a/><b/>',
  'text<a/>',
  '<a b=c/>',
  '<a b="<"/>',
  '<a><!-- </a>',
  '<a><!-- npm install --save-dev --></a>',
  '<a><!-- x ---></a>',
  '<a><!----></a>',
  '<a><!-- - -> -x --></a>',
  '<a><!---></a>',
  '',
  '<a',
];

test('elements are where expat finds them', (t) => {
  if (!toolsReady(t, ['/usr/bin/python3'])) return;
  const input = documents.map((text) => Buffer.from(text).toString('hex') || '20').join('\n');
  const answer = execFileSync('/usr/bin/python3', ['-c', EXPAT], { input, encoding: 'utf8' });
  const oracle = JSON.parse(answer) as (readonly Expat[] | null)[];
  t.is(oracle.length, documents.length);
  for (const [index, text] of documents.entries()) {
    const scanned = scanXml(Buffer.from(text).toString('latin1'));
    const expected = oracle[index];
    t.is(scanned.ok, expected !== null, text);
    if (!scanned.ok || !expected) continue;
    const utf8 = (value: string): string => Buffer.from(value, 'latin1').toString('utf8');
    t.deepEqual(
      scanned.value.elements.map(({ name, attributes, start, contentEnd, selfClosing }) => [
        utf8(name),
        Object.fromEntries([...attributes].map(([key, value]) => [utf8(key), utf8(value)])),
        start,
        selfClosing ? null : contentEnd,
      ]),
      // For <a/> expat tells the end at the start.
      expected.map(([name, attributes, start, end]) => [
        name,
        // Line ends in values are blanks to XML; ours are as written.
        attributes,
        start,
        isSelfClosing(text, start) ? null : end,
      ]),
      text,
    );
  }
});

function isSelfClosing(text: string, start: number): boolean {
  const bytes = Buffer.from(text).toString('latin1');
  return /^<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*\/>/.test(bytes.slice(start));
}

test('a DOCTYPE is refused, as MSBuild refuses it', (t) => {
  const scanned = scanXml('<?xml version="1.0"?>\n<!DOCTYPE a>\n<a/>');
  t.false(scanned.ok);
  if (!scanned.ok) t.regex(scanned.message, /line 2: MSBuild accepts no DOCTYPE/);
});

const lists = [
  CMAKE_LISTS.replace('Größe', 'x')
    .replace('LANGUAGES C', 'LANGUAGES NONE')
    .replace(/add_library[\s\S]*/, ''),
  'SET(a "b)c" d\\) [[e)]] [=[f]])]=] (g (h)) # )\n)\nset(b "x\\"y")\nset(c [[#]])\n',
  'set(a) #[[ bracket\n comment ]] \nset(b)\n  set  (c\n"multi\nline" )\n# set(d)\n#[ set(e)\n',
  'if(NOT x)\n  set(a b)\nendif()\nmessage("a [[not a bracket]]")\n',
].map((text) => text.replace(/^cmake_minimum.*\n/m, ''));

test('commands are on the lines that CMake traces', (t) => {
  if (!toolsReady(t, ['cmake'])) return;
  const folder = scratch(t);
  for (const text of lists) {
    const script = join(folder, 'script.cmake');
    // project() is for projects only; any other command of that shape does for a script.
    const shown = text.replace('project(x', 'message(x');
    writeFileSync(script, shown);
    execFileSync(
      'cmake',
      ['--trace', '--trace-format=json-v1', `--trace-redirect=${join(folder, 'trace')}`, '-P', script],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
        encoding: 'utf8',
      },
    );
    const traced = execFileSync('cat', [join(folder, 'trace')], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) =>
        line.includes('"cmd"') ? [JSON.parse(line) as { cmd: string; line: number; line_end?: number }] : [],
      );
    const scanned = scanCMake(shown);
    if (!scanned.ok) throw new Error(scanned.message);
    const lineAt = (offset: number): number => shown.slice(0, offset).split('\n').length;
    t.deepEqual(
      scanned.value
        .filter(({ name }) => name !== 'endif')
        .map(({ name, start, end }) => [name, lineAt(start), lineAt(end - 1)]),
      traced.map(({ cmd, line, line_end }) => [cmd.toLowerCase(), line, line_end ?? line]),
      shown,
    );
  }
});

test('what CMake cannot read is a problem with its line', (t) => {
  for (const [text, words] of [
    ['set(a\nset(b)', /line 1: the parenthesis of set is not closed/],
    ['set(a)\n"x"', /line 2: a command is expected/],
    ['\n#[[ x', /line 2: a bracket comment does not end/],
    ['set("a)', /line 1: the parenthesis/],
    ['set([==[ a ]=])', /line 1: the parenthesis/],
  ] as const) {
    const scanned = scanCMake(text);
    t.false(scanned.ok, text);
    if (!scanned.ok) t.regex(scanned.message, words);
  }
});

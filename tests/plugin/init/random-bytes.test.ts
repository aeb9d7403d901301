/** Whatever the bytes: wiring only adds, undo gives the bytes back, nothing throws. */
import test from 'ava';
import fc from 'fast-check';
import { findBlock, insert, takeOut } from '../../../plugin/init/block.js';
import { decodeSource, encodeSource } from '../../../plugin/init/source-text.js';
import { wireCMake } from '../../../plugin/init/wire-cmake.js';
import { wireBuildProps, wireVcxproj } from '../../../plugin/init/wire-msbuild.js';
import { BUILD_PROPS, CMAKE_LISTS, VCXPROJ } from './projects.js';

const numRuns = process.env['HVCI_FIX_LONG'] === '1' ? 100_000 : 3000;
const kinds = [
  ['vcxproj', 'xml', wireVcxproj],
  ['Directory.Build.props', 'xml', wireBuildProps],
  ['CMakeLists.txt', 'cmake', wireCMake],
] as const;

const piece = fc.oneof(
  fc.constantFrom(
    '\n',
    '\r\n',
    '\r',
    ' ',
    '\t',
    '\xa0',
    '\u2028',
    '\ufeff',
    'ü',
    '<',
    '>',
    '"',
    '#',
    '[[',
    ']]',
    '(',
    ')',
  ),
  fc.constantFrom('<Project>', '</Project>', '<A b="c">x</A>', '<!-- c -->', '<![CDATA[<x>]]>', '<?p?>'),
  fc.constantFrom(
    '<Import Project="a\\Microsoft.Cpp.targets"/>',
    '<!-- hvci-fix: end -->',
    '<!-- hvci-fix: begin. x -->',
  ),
  fc.constantFrom(
    'project(x)',
    'project (',
    'if(A)',
    'endif()',
    '# c\n',
    '#[[ c ]]',
    'set(a "b;\\"")',
    '# hvci-fix: end\n',
  ),
  fc.string({ maxLength: 6 }),
);
const pieces = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''));
/** Documents that are well-formed as a rule, so that the larger part of the cases is wired. */
const document = fc.oneof(
  pieces,
  pieces.map((text) => `<Project>${text}<Import Project="a\\Microsoft.Cpp.targets"/></Project>`),
  fc
    .array(fc.constantFrom('\n', '\r\n', '\r', ' ', '\t', '<A/>', '<!-- ü\n -->', 'text\xa0'), { maxLength: 12 })
    .map((parts) => `<Project>${parts.join('')}<Import Project='Microsoft.Cpp.targets'/>${parts.join('')}</Project>`),
  fc
    .array(fc.constantFrom('\n', '\r\n', '\r', ' ', '\t', '# ü\n', '#[[\n]]', 'set(a b)\n', 'if(A)\n', 'endif()\n'), {
      maxLength: 12,
    })
    .map((parts) => `${parts.join('')}project(x)${parts.reverse().join('')}`),
  fc
    .tuple(fc.constantFrom(VCXPROJ, BUILD_PROPS, CMAKE_LISTS), fc.nat(), fc.nat({ max: 40 }), pieces)
    .map(([text, at, cut, put]) => {
      const from = at % text.length;
      return text.slice(0, from) + put + text.slice(from + (cut % 8));
    }),
);
const bytes = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array)) },
  { weight: 4, arbitrary: document.map((text) => Buffer.from(text, 'utf8')) },
  { weight: 2, arbitrary: document.map((text) => Buffer.from(text, 'latin1')) },
  { weight: 1, arbitrary: document.map((text) => Buffer.from(`\ufeff${text}`, 'utf8')) },
  { weight: 2, arbitrary: document.map((text) => Buffer.from(`\ufeff${text}`, 'utf16le')) },
  { weight: 1, arbitrary: document.map((text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()) },
);

for (const [name, language, wire] of kinds) {
  test(`${name}: random bytes lose nothing`, (t) => {
    let wired = 0;
    fc.assert(
      fc.property(bytes, fc.constantFrom('node_modules/hvci-fix', '../../node_modules/hvci-fix'), (before, folder) => {
        const source = decodeSource(before);
        if (!source.ok) return true;
        if (!encodeSource(source.value).equals(before)) return false;
        const planned = wire(source.value.text, folder);
        if (!planned.ok || planned.value === null) return true;
        wired++;
        const text = insert(source.value.text, planned.value);
        const after = encodeSource({ ...source.value, text });
        const again = decodeSource(after);
        if (!again.ok) return false;
        const second = wire(again.value.text, folder);
        if (!second.ok || second.value !== null) return false;
        const block = findBlock(again.value.text, language);
        if (!block.ok || block.value === null) return false;
        const undone = encodeSource({ ...again.value, text: takeOut(again.value.text, block.value) });
        return undone.equals(before);
      }),
      { numRuns },
    );
    // Else the property holds of nothing.
    t.log(`${wired} of ${numRuns} wired`);
    t.true(wired > numRuns / 40, `${wired} of ${numRuns} were wired`);
  });
}

import test from 'ava';
import fc from 'fast-check';
import { wrap } from '../../../plugin/report/wrap.js';

const WORD = fc.stringMatching(/^[a-z]{1,12}$/);

test('lines hold as many words as fit, and no word is lost', (t) => {
  fc.assert(
    fc.property(fc.array(WORD, { minLength: 1, maxLength: 60 }), fc.integer({ min: 16, max: 60 }), (words, width) => {
      const lines = wrap(words.join(' '), width);
      t.is(lines.join(' '), words.join(' '));
      for (const [index, line] of lines.entries()) {
        t.true(line.length <= width);
        const [next] = (lines[index + 1] ?? '').split(' ');
        if (index + 1 < lines.length) t.true(line.length + 1 + (next?.length ?? 0) > width);
      }
    }),
    { numRuns: 500 },
  );
});

test('a word longer than a line is cut, but not between the halves of a surrogate pair', (t) => {
  t.deepEqual(wrap(`see ${'x'.repeat(20)} here`, 16), ['see', 'x'.repeat(16), 'xxxx here']);
  t.deepEqual(wrap(`${'x'.repeat(15)}\u{1f600}y`, 16), ['x'.repeat(15), '\u{1f600}y']);
});

test('a command in backquotes is never broken, other spaces are made one', (t) => {
  const command = '`hvci-fix fix --strip-write INIT driver.sys`';
  t.deepEqual(wrap(`run ${command} now`, 20), ['run', command, 'now']);
  t.deepEqual(wrap('  two   spaces ', 40), ['two spaces']);
  t.deepEqual(wrap('', 40), ['']);
});

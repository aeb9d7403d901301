import test from 'ava';
import fc from 'fast-check';
import { hang, shorten, wrap } from '../../../plugin/report/wrap.js';

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

test('text wraps at spaces; a long word is cut, a command in backquotes never is', (t) => {
  t.deepEqual(wrap('the quick brown fox jumps', 16), ['the quick brown', 'fox jumps']);
  t.deepEqual(wrap('abcdefghijklmnopqrst', 16), ['abcdefghijklmnop', 'qrst']);
  t.deepEqual(wrap('run `hvci-fix fix a.sys` now', 16), ['run', '`hvci-fix fix a.sys`', 'now']);
  t.deepEqual(wrap('  two   spaces ', 16), ['two spaces']);
  t.deepEqual(wrap('', 16), ['']);
  t.deepEqual(hang('x: ', 'the quick brown fox', 19), ['x: the quick brown', '   fox']);
});

test('a name is shortened to the length, never inside a surrogate pair', (t) => {
  t.is(shorten('.text', 5), '.text');
  t.is(shorten('.textual', 5), '.te..');
  t.is(shorten('ab😀cdef', 5), 'ab..');
});

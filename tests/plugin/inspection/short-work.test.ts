/** V8 refuses code that was compiled with other flags: that tells whether a flag is set. */
import { Script } from 'node:vm';
import test from 'ava';
import { asShortWork, expectMuchWork } from '../../../plugin/inspection/short-work.js';

const source = (digit: number): string => `(function () { return ${digit}; })`;
const cachedData = new Script(source(0)).createCachedData();
/** Each time another text of that length, or V8 takes what it has in memory without a look at the flags. */
let asked = 0;
const hasUsualFlags = (): boolean => new Script(source(++asked), { cachedData }).cachedDataRejected === false;

test.serial('the optimizing compiler is off during short work, and back afterwards, whatever happens', (t) => {
  t.true(hasUsualFlags());
  t.is(
    asShortWork(1000, () => (hasUsualFlags() ? 'usual' : 'short')),
    'short',
  );
  t.true(hasUsualFlags());
  t.throws(
    () =>
      asShortWork(1000, () => {
        throw new Error('thrown');
      }),
    { message: 'thrown' },
  );
  t.true(hasUsualFlags());
});

test.serial('a large file and a thread with much to do keep it', (t) => {
  t.true(asShortWork(1 << 20, hasUsualFlags));
  expectMuchWork();
  t.true(asShortWork(1000, hasUsualFlags));
});

/** V8 refuses code that was compiled with other flags: that tells whether a flag is set. */
import { Script } from 'node:vm';
import test from 'ava';
import { tuneForScan } from '../../../plugin/scan/optimizing.js';

const source = (digit: number): string => `(function () { return ${digit}; })`;
const cachedData = new Script(source(0)).createCachedData();
/** Each time another text of that length, or V8 takes what it has in memory without a look at the flags. */
let asked = 0;
const hasUsualFlags = (): boolean => new Script(source(++asked), { cachedData }).cachedDataRejected === false;
/** The only version whose flags were measured. */
const isMeasured = process.versions.node.startsWith('20.');

for (const readsCode of [true, false]) {
  test.serial(`a scan that reads ${readsCode ? 'code' : 'headers'} leaves V8 as it found it`, (t) => {
    t.true(hasUsualFlags());
    const untune = tuneForScan(readsCode);
    t.is(hasUsualFlags(), !isMeasured);
    untune();
    t.true(hasUsualFlags());
  });
}

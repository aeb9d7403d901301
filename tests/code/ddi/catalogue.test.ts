/** The catalogue against the facts it is made of, and its predicates value by value, from Microsoft's headers. */
import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { advisoryDdis, functionCodeDdis, unseenDdis } from '../../../fixer/code/ddi/advisory.js';
import { ddiNamed, ddis, frameworkDdi } from '../../../fixer/code/ddi/catalogue.js';
import { judgeBits, judgeValue, valueName } from '../../../fixer/code/ddi/predicates.js';

const FACTS = '/work/shared/facts/ddi.json';

interface Fact {
  readonly name: string;
  readonly binaryArgument: number | null;
  readonly x86Dword: number | null;
  readonly x86StdcallBytes: number | null;
  readonly wdfFunctionIndex: { readonly kmdf: number } | null;
  readonly kind: string;
  readonly verdict: string;
  readonly verifierCode: string | null;
  readonly severity?: string;
  readonly inMicrosoftList: boolean;
}

test('every entry of the facts is in the catalogue, with the same numbers', (t) => {
  if (!existsSync(FACTS)) {
    t.log(`skipped: ${FACTS} is not there`);
    t.pass();
    return;
  }
  const facts = JSON.parse(readFileSync(FACTS, 'utf8')) as readonly Fact[];
  t.is(facts.length, 70);
  for (const fact of facts) {
    const name = fact.name.split('(')[0] as string;
    const ddi = ddis.find((each) => each.name === name);
    if (ddi === undefined) {
      t.true(
        unseenDdis.some((each) => each.name === name),
        name,
      );
      continue;
    }
    t.is(ddi.listed, fact.inMicrosoftList, name);
    t.is(ddi.wdfIndex, fact.wdfFunctionIndex?.kmdf, name);
    if (fact.x86StdcallBytes !== null) t.is(ddi.stdcallBytes, fact.x86StdcallBytes, name);
    if (fact.verdict !== 'judge') continue;
    const [judged] = ddi.judged;
    t.is(judged?.argument.index, fact.binaryArgument as number, name);
    t.is(judged?.argument.word, fact.x86Dword as number, name);
    t.is(judged?.severity, fact.severity as 'error', name);
    if (fact.verifierCode !== null) t.is(judged?.rule, `HVCI${fact.verifierCode.slice(2)}`, name);
  }
});

test('names are unique, and each is found by its name or index', (t) => {
  const names = [...ddis.map(({ name }) => name), ...unseenDdis.map(({ name }) => name)];
  t.is(new Set(names).size, names.length);
  for (const ddi of ddis) {
    const found = ddi.wdfIndex === undefined ? ddiNamed(ddi.name) : frameworkDdi(ddi.wdfIndex);
    t.is(found, ddi);
  }
  t.is(ddiNamed('IoCreateDevice'), null);
  t.is(frameworkDdi(193), null);
  t.true(advisoryDdis.every(({ judged }) => judged.length === 0));
  t.true(functionCodeDdis.every(({ judged }) => judged.length === 1));
});

test('pool types: executable where non-paged and without the NX bit', (t) => {
  for (const type of [0, 2, 4, 6, 32, 34, 36, 38, 8, 16, 0x100, 0x400])
    t.is(judgeValue('pool-type', type), 'violation', `${type}`);
  for (const type of [1, 5, 33, 37, 512, 516, 544, 0x600, 0x401]) t.is(judgeValue('pool-type', type), 'ok', `${type}`);
  t.is(judgeValue('pool-type', 0xffff0000), 'unknown');
  t.is(judgeValue('lookaside-flags', 16), 'violation');
  t.is(judgeValue('lookaside-flags', 528), 'ok');
});

test('page protections: executable where one of four bits is set', (t) => {
  for (const protect of [0x10, 0x20, 0x40, 0x80, 0x240])
    t.is(judgeValue('page-protection', protect), 'violation', `${protect}`);
  for (const protect of [1, 2, 4, 8, 0x204, 0x404]) t.is(judgeValue('page-protection', protect), 'ok', `${protect}`);
  for (const protect of [0, 0x44, 0x6]) t.is(judgeValue('page-protection', protect), 'unknown', `${protect}`);
});

test('mappings, pool flags, sections', (t) => {
  for (const priority of [0, 16, 32, 0x80000010]) t.is(judgeValue('page-priority', priority), 'violation');
  for (const priority of [0x40000010, 0xc0000020]) t.is(judgeValue('page-priority', priority), 'ok');
  t.is(judgeValue('page-priority', 0x1000), 'unknown');
  t.is(judgeValue('pool-flags', 0x80), 'violation');
  t.is(judgeValue('pool-flags', 0x40), 'ok');
  t.is(judgeValue('section-access', 8), 'violation');
  t.is(judgeValue('section-access', 4), 'ok');
  t.is(judgeValue('section-attributes', 0x1000000), 'violation');
  t.is(judgeValue('information-class', 38), 'violation');
  t.is(judgeValue('information-class', 1), 'ok');
});

test('bits that are known decide where they can', (t) => {
  t.is(judgeBits('pool-type', 0x200, 0), 'ok');
  t.is(judgeBits('pool-type', 0, 0x201), 'violation');
  t.is(judgeBits('pool-type', 0x400, 0x1), 'unknown');
  t.is(judgeBits('page-priority', 0x40000000, 0), 'ok');
  t.is(judgeBits('page-protection', 0, 0xf0), 'ok');
  t.is(judgeBits('page-protection', 0, 0xe0), 'unknown');
});

test('names as in the headers', (t) => {
  t.is(valueName('pool-type', 0), 'NonPagedPool (0)');
  t.is(valueName('pool-type', 0x600), 'NonPagedPoolNx | POOL_ZERO_ALLOCATION (0x600)');
  t.is(valueName('page-protection', 0x240), 'PAGE_EXECUTE_READWRITE | PAGE_NOCACHE (0x240)');
  t.is(valueName('page-priority', 0x40000010), 'NormalPagePriority | MdlMappingNoExecute (0x40000010)');
  t.is(valueName('pool-flags', 0xc0), 'POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE (0xc0)');
});

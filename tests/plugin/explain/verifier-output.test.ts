/**
 * What Driver Verifier prints and counts. Texts: Microsoft's page "Driver compatibility with memory integrity and VBS"
 * (its example of a message, its list of counters, its readiness tool's list of drivers).
 */
import test from 'ava';
import { explain, explainOne } from './explain-support.js';

/** The page's example, whole. */
const example = `Driver Verifier: Enabled for DvCi.sys, flags 0x2000000, build 16299, key o4Dbg8OVJqaBYlqWQ2QvRH
*********** Verifier Detected a Code Integrity Issue ************
**
** The caller 0xFFFFF8094B9852F0 specified an executable page protection 0x40.
**
*****************************************************************
`;

test("the example of Microsoft's page", async (t) => {
  const entry = await explainOne(t, example);
  t.like(entry, {
    code: 'HVCI2001',
    verifierCode: '0x2001',
    count: 1,
    line: 4,
    driver: 'DvCi.sys',
    driverFrom: 'only-verified-driver',
    address: '0xfffff8094b9852f0',
  });
  t.deepEqual(
    entry.parameters.map(({ name, text }) => [name, text]),
    [
      ['Arg2', null],
      ['Arg3', 'PAGE_EXECUTE_READWRITE (0x40)'],
    ],
  );
});

test('two verified drivers: which of them it was is not guessed', async (t) => {
  const entry = await explainOne(t, `Driver Verifier: Enabled for other.sys, flags 0x2000000\n${example}`);
  t.like(entry, { driver: null, driverFrom: null });
});

test('pool types with and without a tag, and mappings', async (t) => {
  const { entries } = await explain(
    t,
    [
      '** The caller 0xFFFFF8094B981000 specified an executable pool type 0x0 (tag 0x706d6153).',
      '** The caller 0xFFFFF8094B982000 specified an executable pool type 0x4.',
      '** The caller 0xFFFFF8094B983000 specified an executable MDL mapping (priority 0x10).',
    ].join('\r\n'),
  );
  t.deepEqual(
    entries.map(({ code, parameters }) => [code, ...parameters.slice(1).map(({ text }) => text)]),
    [
      ['HVCI2000', 'NonPagedPool (0)', "'Samp'"],
      ['HVCI2000', 'NonPagedPoolCacheAligned (4)'],
      ['HVCI2002', 'NormalPagePriority (0x10)'],
    ],
  );
});

test('images: the driver and the section', async (t) => {
  const { entries } = await explain(
    t,
    [
      '** The image DvCi.sys contains an executable and writable section 0xFFFFF803774E0278 (name .tvm0).',
      '** The image DvCi.sys contains a section that is not page aligned.',
      '** The image \\SystemRoot\\System32\\drivers\\my driver.sys contains an IAT in an executable section.',
    ].join('\n'),
  );
  t.deepEqual(
    entries.map(({ code, driver, section }) => [code, driver, section]),
    [
      ['HVCI2003', 'DvCi.sys', '.tvm0'],
      ['HVCI2004', 'DvCi.sys', null],
      ['HVCI2005', 'my driver.sys', null],
    ],
  );
});

test('a message, then the bug check that Driver Verifier makes of it: one occurrence', async (t) => {
  const entry = await explainOne(t, `${example}BugCheck C4, {2001, fffff8094b9852f0, 40, 0}\n`);
  t.is(entry.count, 1);
  t.deepEqual(entry.forms, ['verifier-message', 'bug-check-line']);
});

test('many messages of one call are one entry with their number', async (t) => {
  t.is((await explainOne(t, example.repeat(500))).count, 500);
});

const counters = (values: readonly number[]): string => `        Execute Pool Type Count:                ${values[0]}
        Execute Page Protection Count:          ${values[1]}
        Execute Page Mapping Count:             ${values[2]}
        Execute-Write Section Count:            ${values[3]}
        Section Alignment Failures:             ${values[4]}
        Unsupported Relocs Count:               ${values[5]}
        IAT in Executable Section Count:        ${values[6]}
`;

test('the seven counters of !verifier', async (t) => {
  const { entries } = await explain(t, counters([3, 4, 5, 6, 7, 8, 9]));
  t.deepEqual(
    entries.map(({ code, verifierCode, count }) => [code, verifierCode, count]),
    [
      ['HVCI2000', '0x2000', 3],
      ['HVCI2001', '0x2001', 4],
      ['HVCI2002', '0x2002', 5],
      ['HVCI2003', '0x2003', 6],
      ['HVCI2004', '0x2004', 7],
      ['HVCI2005', '0x2005', 9],
      ['HVCI3001', null, 8],
    ],
  );
});

test('counters are asked for again and again: the last number counts, not the sum', async (t) => {
  const entry = await explainOne(t, counters([1, 0, 0, 0, 0, 0, 0]) + counters([3, 0, 0, 0, 0, 0, 0]));
  t.is(entry.count, 3);
});

test('counters that are all zero: recognised, nothing wrong, status 0', async (t) => {
  const { exitCode, entries } = await explain(t, counters([0, 0, 0, 0, 0, 0, 0]));
  t.is(exitCode, 0);
  t.deepEqual(entries, []);
});

test("the readiness tool's list of drivers", async (t) => {
  const { entries } = await explain(
    t,
    `InCompatible HVCI Kernel Driver Modules found

    Module: TestDriver1.sys
        Reason: section alignment failures:             9
    Module: TestDriver2.sys
        Reason: execute pool type count:                3
`,
  );
  t.deepEqual(
    entries.map(({ code, driver, count }) => [code, driver, count]),
    [
      ['HVCI2000', 'TestDriver2.sys', 3],
      ['HVCI2004', 'TestDriver1.sys', 9],
    ],
  );
});

test('counters as members of a structure, as dt shows them', async (t) => {
  const { entries } = await explain(
    t,
    `   +0x110 ExecutePoolTypes : 3
   +0x114 ExecutePageProtections : 0
   +0x118 ExecutePageMappings : 0x11
   +0x11c ExecuteWriteSections : 1
   +0x120 SectionAlignmentFailures : 2
   +0x124 IATInExecutableSection : 4
`,
  );
  t.deepEqual(
    entries.map(({ code, count }) => [code, count]),
    [
      ['HVCI2000', 3],
      ['HVCI2002', 0x11],
      ['HVCI2003', 1],
      ['HVCI2004', 2],
      ['HVCI2005', 4],
    ],
  );
});

test('the shape of the JSON: these members and no others', async (t) => {
  const entry = await explainOne(t, example);
  t.deepEqual(Object.keys(entry), [
    ...[
      'code',
      'name',
      'title',
      'verifierCode',
      'eventId',
      'count',
      'forms',
      'line',
      'driver',
      'driverFrom',
      'address',
    ],
    ...['image', 'rva', 'symbol', 'source', 'section', 'parameters', 'candidates', 'details', 'remedy'],
  ]);
});

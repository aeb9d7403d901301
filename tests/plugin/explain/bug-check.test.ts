/**
 * Bug check 0xC4, 0x2000 to 0x2005. The texts are those of Microsoft's page "Bug Check 0xC4:
 * DRIVER_VERIFIER_DETECTED_VIOLATION" and of `!analyze -v` in MicrosoftDocs/windows-driver-docs issue 1859.
 */
import test from 'ava';
import { explain, explainOne } from './explain-support.js';

const heading = `DRIVER_VERIFIER_DETECTED_VIOLATION (c4)
A device driver attempting to corrupt the system has been caught.  This is
because the driver was specified in the registry as being suspect (by the
administrator) and the kernel has enabled substantial checking of this driver.
Arguments:
`;
/** Issue 1859. */
const poolType = `Arg1: 0000000000002000, Code Integrity Issue: The caller specified an executable pool type. (Expected: NonPagedPoolNx)
Arg2: fffff801e7121c5d, The address in the driver's code where the error was detected.
Arg3: 0000000000000000, Pool Type.
Arg4: 000000004d4d4c43, Pool Tag (if provided).
`;

test('!analyze -v of an executable pool type: code, address, pool type and tag by name', async (t) => {
  const entry = await explainOne(t, heading + poolType);
  t.like(entry, {
    code: 'HVCI2000',
    verifierCode: '0x2000',
    count: 1,
    forms: ['bug-check-analysis'],
    line: 6,
    address: '0xfffff801e7121c5d',
    rva: null,
    driver: null,
  });
  t.deepEqual(
    entry.parameters.map(({ name, value, text }) => [name, value, text]),
    [
      ['Arg2', '0xfffff801e7121c5d', null],
      ['Arg3', '0x0', 'NonPagedPool (0)'],
      // 43 4C 4D 4D in memory: 'CLMM' as the debugger and the source's tag reversed show it.
      ['Arg4', '0x4d4d4c43', "'CLMM'"],
    ],
  );
  t.deepEqual(
    entry.parameters.map(({ meaning }) => meaning),
    ["the address in the driver's code where the error was detected", 'the pool type', 'the pool tag, if provided'],
  );
  t.regex(entry.remedy, /NonPagedPoolNx/);
});

for (const [code, args, expected] of [
  [
    '2001',
    ['fffff8094b9852f0', '40', '0'],
    { code: 'HVCI2001', address: '0xfffff8094b9852f0', text: 'PAGE_EXECUTE_READWRITE (0x40)' },
  ],
  [
    '2002',
    ['fffff8094b9852f0', '10', '0'],
    { code: 'HVCI2002', address: '0xfffff8094b9852f0', text: 'NormalPagePriority (0x10)' },
  ],
  [
    '2003',
    ['ffffae86b027ed98', 'fffff803774e0278', 'fffff803774e0278'],
    { code: 'HVCI2003', address: null, text: null },
  ],
  [
    '2004',
    ['ffffae86b027ed98', 'fffff803774e0278', 'fffff803774e0278'],
    { code: 'HVCI2004', address: null, text: null },
  ],
  [
    '2005',
    ['ffffae86b027ed98', 'fffff803774e2000', 'fffff803774e0278'],
    { code: 'HVCI2005', address: null, text: null },
  ],
] as const) {
  const [second, third, fourth] = args;
  for (const [form, log] of [
    ['BugCheck', `BugCheck C4, {${code}, ${args.join(', ')}}\n\nProbably caused by : DvCi.sys ( DvCi+52f0 )\n`],
    [
      'STOP',
      `*** STOP: 0x000000C4 (0x000000000000${code},0x${second},0x${third.padStart(16, '0')},0x${fourth.padStart(16, '0')})\n`,
    ],
    [
      'event 1001',
      `The computer has rebooted from a bugcheck.  The bugcheck was: 0x000000c4 (0x000000000000${code}, 0x${second}, 0x${third.padStart(16, '0')}, 0x${fourth.padStart(16, '0')}). A dump was saved in: C:\\Windows\\MEMORY.DMP.\n`,
    ],
    [
      'debugger',
      `*** Fatal System Error: 0x000000c4\n                       (0x000000000000${code},0x${second.toUpperCase()},0x${third},0x${fourth})\n\nBreak instruction exception - code 80000003\n`,
    ],
    [
      'a sentence with the number in hexadecimal',
      `Driver Verifier: Bugcheck 0xC4 (0x${code}, 0x${second}, 0x${third}, 0x${fourth})\n`,
    ],
    ['line ends of CR alone', `start\rBugCheck 0x000000C4 (0x${code}, 0x${second}, 0x${third}, 0x${fourth})\rend\r`],
    ['issue text', `0xC4 bug check code\n\n- Arg1: ${code}\n- Arg2: ${second}\n- Arg3: ${third}.\n- Arg4: ${fourth}\n`],
  ] as const) {
    test(`0x${code} as ${form}`, async (t) => {
      const entry = await explainOne(t, log);
      t.is(entry.code, expected.code);
      t.is(entry.verifierCode, `0x${code}`);
      t.is(entry.address, expected.address);
      t.deepEqual(
        entry.parameters.map(({ value }) => value),
        args.map((each) => `0x${each}`),
      );
      t.is(entry.parameters[1]!.text, expected.text);
      t.true(entry.parameters[0]!.meaning !== null && entry.parameters[1]!.meaning !== null);
      if (form === 'BugCheck') t.is(entry.driver, 'DvCi.sys');
    });
  }
}

test('one bug check in all the forms that a debugger prints is one occurrence', async (t) => {
  const log = `BugCheck C4, {2000, fffff801e7121c5d, 0, 4d4d4c43}
${heading}${poolType}
BUGCHECK_CODE:  c4
BUGCHECK_P1: 2000
BUGCHECK_P2: fffff801e7121c5d
BUGCHECK_P3: 0
BUGCHECK_P4: 4d4d4c43
MODULE_NAME: mydriver
IMAGE_NAME:  mydriver.sys
`;
  const entry = await explainOne(t, log);
  t.like(entry, { count: 1, driver: 'mydriver.sys', driverFrom: 'log', line: 1 });
  t.deepEqual(entry.forms, ['bug-check-line', 'bug-check-analysis', 'bug-check-fields']);
});

test('the same bug check three times counts three, another address is another entry', async (t) => {
  const { entries } = await explain(
    t,
    heading + poolType + heading + poolType + heading + poolType.replace('1c5d', '1c9d') + heading + poolType,
  );
  t.deepEqual(
    entries.map(({ address, count }) => [address, count]),
    [
      ['0xfffff801e7121c5d', 3],
      ['0xfffff801e7121c9d', 1],
    ],
  );
});

test('the kernel as the image that failed is not the driver', async (t) => {
  for (const name of ['ntkrnlmp.exe', 'nt', 'Unknown_Image'])
    t.is((await explainOne(t, `${heading}${poolType}IMAGE_NAME:  ${name}\n`)).driver, null);
});

for (const [what, log] of [
  [
    '0xC4 of another cause',
    `${heading}Arg1: 0000000000000062, A driver has forgotten to free its pool allocations.\nArg2: ffffd6851fbf7188\nArg3: ffffd68517af2670\nArg4: 0000000000000001\n`,
  ],
  [
    'another bug check whose first argument is 2000',
    `PAGE_FAULT_IN_NONPAGED_AREA (50)\nArguments:\nArg1: 0000000000002000, memory referenced.\nArg2: 0\nArg3: fffff801e7121c5d\nArg4: 0\nBugCheck 50, {2000, 0, fffff801e7121c5d, 0}\n`,
  ],
  ['0xC4 with 0x2006', 'BugCheck C4, {2006, fffff801e7121c5d, 0, 0}\n'],
  ['0xC4 with 0x20002, a DDI compliance rule', 'BugCheck C4, {20002, fffff801e7121c5d, 0, 0}\n'],
  ['too few parameters', 'BugCheck C4, {2000, fffff801e7121c5d}\n'],
] as const) {
  test(`not ours: ${what}`, async (t) => {
    const { exitCode, entries } = await explain(t, log);
    t.is(exitCode, 2);
    t.deepEqual(entries, []);
  });
}

test('another bug check behind one of ours does not take its place', async (t) => {
  const { entries } = await explain(
    t,
    `${heading}${poolType}KERNEL_SECURITY_CHECK_FAILURE (139)\nArg1: 0000000000002001, x\nArg2: 1\nArg3: 2\nArg4: 3\n`,
  );
  t.deepEqual(
    entries.map(({ code }) => code),
    ['HVCI2000'],
  );
});

test('.bugcheck: the arguments stand in the next line, without commas', async (t) => {
  const log = (code: string): string =>
    `1: kd> .bugcheck\nBugcheck code ${code}\nArguments 00000000\`00002001 fffff805\`9e2b1a17 00000000\`00000040 00000000\`00000000\n`;
  t.like(await explainOne(t, log('000000C4')), {
    code: 'HVCI2001',
    address: '0xfffff8059e2b1a17',
    line: 3,
    forms: ['bug-check-line'],
  });
  const { entries } = await explain(t, `${log('0000000A')}${poolType}`);
  t.deepEqual(
    entries.map(({ code }) => code),
    ['HVCI2000'],
  );
});

// BlueScreenView of NirSoft: its report, and its list as CSV and with tabs.
const SHOWN = ['00000000`00002000', 'fffff805`12341095', '00000000`00000000', '00000000`45784578'] as const;
const NAMES = ['Bug Check String', 'Bug Check Code', 'Parameter 1', 'Parameter 2', 'Parameter 3', 'Parameter 4'];
const shownBy = (code: string): string[] => ['DRIVER_VERIFIER_DETECTED_VIOLATION', code, ...SHOWN];
const report = (code: string): string =>
  shownBy(code)
    .map((value, index) => `${NAMES[index]!.padEnd(17)} : ${value}\r\n`)
    .join('');
for (const [what, log] of [
  ['text', `${'='.repeat(50)}\r\nDump File         : 1.dmp\r\n${report('0x000000c4')}Caused By Driver  : a.sys\r\n`],
  [
    'CSV',
    `Dump File,Crash Time,${NAMES.join(',')},Caused By Driver\r\n1.dmp,11/21/2026,${shownBy('0x000000c4').join(',')},a.sys,a.sys+1095\r\n`,
  ],
  ['CSV with quotes', `1.dmp,"11/21/2026","${shownBy('0x000000c4').join('","')}","a.sys","a.sys+1095"\r\n`],
  ['tabs', `1.dmp\t11/21/2026\t${shownBy('0x000000c4').join('\t')}\ta.sys\ta.sys+1095\r\n`],
] as const)
  test(`BlueScreenView: ${what}`, async (t) => {
    const entry = await explainOne(t, log);
    t.like(entry, { code: 'HVCI2000', count: 1, address: '0xfffff80512341095', driver: 'a.sys', driverFrom: 'log' });
    t.deepEqual(
      entry.parameters.map(({ text }) => text),
      [null, 'NonPagedPool (0)', "'xExE'"],
    );
  });

test('BlueScreenView: another bug check behind one of ours', async (t) => {
  const { entries } = await explain(t, report('0x000000c4') + report('0x0000000a').replace('002000', '002001'));
  t.deepEqual(
    entries.map(({ code }) => code),
    ['HVCI2000'],
  );
});

// Microsoft's page "k, kb, kc, ...": return address, the first arguments, call site. x64's KeBugCheckEx keeps four of its five.
const stackOf = (
  code: string,
  first: string,
): string => ` # RetAddr               : Args to Child                                                           : Call Site
00 fffff805\`0f2b2c4e     : 00000000\`${code.padStart(8, '0')} 00000000\`${first.padStart(8, '0')} fffff805\`12341095 00000000\`00000000 : nt!KeBugCheckEx
01 fffff805\`12341095     : 00000000\`00000000 00000000\`00000000 00000000\`00000000 00000000\`00000000 : nt!VerifierBugCheckIfAppropriate+0xdf
`;

test('kb: KeBugCheckEx on the stack names caller and value, and no tag', async (t) => {
  const entry = await explainOne(t, stackOf('c4', '2000'));
  t.like(entry, { code: 'HVCI2000', count: 1, line: 2, address: '0xfffff80512341095', forms: ['bug-check-stack'] });
  t.deepEqual(
    entry.parameters.map(({ name, text }) => [name, text]),
    [
      ['Arg2', null],
      ['Arg3', 'NonPagedPool (0)'],
    ],
  );
});

test('a stack beside another form of the same bug check is no second occurrence, and takes nothing from it', async (t) => {
  const line = 'BugCheck C4, {2000, fffff80512341095, 0, 45784578}\n';
  for (const log of [line + stackOf('c4', '2000').repeat(2), stackOf('c4', '2000').repeat(2) + line]) {
    const entry = await explainOne(t, log);
    t.is(entry.count, 1);
    t.is(entry.parameters[2]?.text, "'xExE'");
  }
});

test('not ours: stacks of another bug check, and of 0x2003, whose parameters are no caller', async (t) => {
  for (const log of [stackOf('a', '2000'), stackOf('c4', '2003'), stackOf('c4', '62')])
    t.is((await explain(t, log)).exitCode, 2);
});

test('the driver of a bug check of another cause is not that of ours before it', async (t) => {
  for (const driver of ['Probably caused by : b.sys ( b+52f0 )', 'IMAGE_NAME:  b.sys']) {
    const other = `${heading}Arg1: 0000000000000062, A driver has forgotten to free.\nArg2: 1\nArg3: 2\nArg4: 3\n${driver}\n`;
    t.is((await explainOne(t, `${heading}${poolType}${other}`)).driver, null);
  }
  const row = (first: string, driver: string): string =>
    `1.dmp,11/21/2026,${shownBy('0x000000c4').join(',').replace('002000', first)},${driver}\r\n`;
  t.is((await explainOne(t, row('002000', 'ntoskrnl.exe') + row('000062', 'b.sys'))).driver, null);
});

/**
 * Bug check 0xC4 as the System log tells it, in XML and JSON. Shapes: Microsoft's page "Advanced troubleshooting for Event ID
 * 41" (BugcheckCode is decimal there), and events 1001 as users publish them.
 */
import test from 'ava';
import { explain, explainOne } from './explain-support.js';

const NAMESPACE = "xmlns='http://schemas.microsoft.com/win/2004/08/events/event'";
const PARAMETERS = ['0x2000', '0xfffff80512341095', '0x0', '0x45784578'] as const;
const REPORTING = 'Microsoft-Windows-WER-SystemErrorReporting';
const POWER = 'Microsoft-Windows-Kernel-Power';
const padded = (text: string): string => `0x${text.slice(2).padStart(16, '0')}`;

const told = (code: string, values: readonly string[] = PARAMETERS): string =>
  `${code} (${values.map(padded).join(', ')})`;
const rebooted = (code: string): string =>
  `The computer has rebooted from a bugcheck.  The bugcheck was: ${told(code)}. A dump was saved in: C:\\Windows\\MEMORY.DMP. Report Id: be1c8b1e.`;
const reported = (code: string, name: string, more = ''): string =>
  `<Event ${NAMESPACE}><System><Provider Name='${REPORTING}' Guid='{abce23e7-de45-4366-8631-84fa6c525952}' EventSourceName='BugCheck'/><EventID Qualifiers='16384'>1001</EventID><Channel>System</Channel></System><EventData><Data${name}>${told(code)}</Data><Data>C:\\Windows\\MEMORY.DMP</Data></EventData>${more}</Event>`;
const lostPower = (code: number, values: readonly string[] = PARAMETERS): string =>
  `<Event ${NAMESPACE}><System><Provider Name='${POWER}' Guid='{331c3b3a-2005-44c2-ac5e-77220c37d6b4}'/><EventID>41</EventID><Version>8</Version></System><EventData><Data Name='BugcheckCode'>${code}</Data>${values.map((value, index) => `<Data Name='BugcheckParameter${index + 1}'>${value}</Data>`).join('')}<Data Name='SleepInProgress'>0</Data></EventData></Event>`;

const eventData = Object.fromEntries(PARAMETERS.map((value, index) => [`BugcheckParameter${index + 1}`, value]));
const dumped = (provider: string, id: number, data: object): string =>
  JSON.stringify({
    Event: { System: { Provider: { '#attributes': { Name: provider } }, EventID: id }, EventData: data },
  });

for (const [what, log] of [
  ['event 1001 as XML', reported('0x000000c4', " Name='param1'")],
  ['event 1001 as XML, data without names', reported('0x000000c4', '')],
  [
    'event 1001 as XML with its message',
    reported(
      '0x000000c4',
      '',
      `<RenderingInfo Culture='en-US'><Message>${rebooted('0x000000c4')}</Message></RenderingInfo>`,
    ),
  ],
  ['event 41 as XML', lostPower(0xc4)],
  ['event 41 as indented XML', lostPower(0xc4).replaceAll('><', '>\r\n  <').replaceAll("'", '"')],
  ['both of one crash as XML', `<Events>\n${lostPower(0xc4)}\n${reported('0x000000c4', '')}\n</Events>\n`],
  ['event 1001 as JSON', dumped(REPORTING, 1001, { param1: told('0x000000c4') })],
  [
    'event 1001 as JSON with its message',
    JSON.stringify({
      Id: 1001,
      ProviderName: REPORTING,
      Properties: [{ Value: told('0x000000c4') }, { Value: 'C:\\Windows\\MEMORY.DMP' }],
      Message: rebooted('0x000000c4'),
    }),
  ],
  ['event 41 as JSON', dumped(POWER, 41, { BugcheckCode: 0xc4, ...eventData })],
] as const)
  test(what, async (t) => {
    const entry = await explainOne(t, log);
    t.like(entry, { code: 'HVCI2000', verifierCode: '0x2000', count: 1, address: '0xfffff80512341095' });
    t.deepEqual(
      entry.parameters.map(({ value, text }) => [value, text]),
      [
        ['0xfffff80512341095', null],
        ['0x0', 'NonPagedPool (0)'],
        ['0x45784578', "'xExE'"],
      ],
    );
  });

test('two crashes at one place are two, by either event', async (t) => {
  t.is((await explainOne(t, lostPower(0xc4).repeat(2))).count, 2);
  t.is((await explainOne(t, reported('0x000000c4', '').repeat(2))).count, 2);
});

for (const [what, log] of [
  ['no bug check: power was lost', lostPower(0, ['0x0', '0x0', '0x0', '0x0'])],
  ['another bug check in event 41, of which 0xC4 is the decimal', lostPower(0xa, PARAMETERS)],
  ['the digits c4 in hexadecimal are not those of 41', lostPower(100, PARAMETERS)],
  ['another bug check in event 1001', reported('0x0000000a', '')],
  ['another number of the same source', lostPower(0xc4).replace('>41<', '>42<')],
  ['another source', reported('0x000000c4', '').replace(REPORTING, 'Windows Error Reporting').replace('BugCheck', 'x')],
  [
    'a parameter that JSON cannot hold',
    dumped(POWER, 41, { BugcheckCode: 0xc4, ...eventData, BugcheckParameter2: 2 ** 63 }),
  ],
] as const)
  test(`not ours: ${what}`, async (t) => {
    const { exitCode, entries } = await explain(t, log);
    t.is(exitCode, 2);
    t.deepEqual(entries, []);
  });

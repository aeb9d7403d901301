/**
 * CodeIntegrity events. Message texts: the source's own, as winevt-kb (libyal) and others publish them; XML: Microsoft's
 * event schema. No event of these was at hand for real.
 */
import { writeFileSync } from 'node:fs';
import test from 'ava';
import { folderWith, run } from '../../support/command.js';
import { explain, explainOne } from './explain-support.js';

const DRIVER = '\\Device\\HarddiskVolume3\\Windows\\System32\\drivers\\dvci.sys';
const MESSAGES = {
  3072: `Code Integrity determined that the kernel module ${DRIVER} is not compatible with hypervisor enforcement due to it having non-page aligned sections.`,
  3073: `Code Integrity determined that the kernel module ${DRIVER} is not compatible with strict mode hypervisor enforcement due to it having an executable section that is also writable.`,
  3087: `Code Integrity determined that the kernel module ${DRIVER} is not compatible with hypervisor enforcement. Status 0xC0000220.`,
} as const;
/** What JSON gives: the file's name. */
const NAME = 'dvci.sys';
const CODES = { 3072: 'HVCI2004', 3073: 'HVCI2003', 3087: null } as const;
const IDS = [3072, 3073, 3087] as const;

function xml(id: number, file: string, more = ''): string {
  return `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-CodeIntegrity' Guid='{4ee76bd8-3cf4-44a0-a0ac-3937643e37a3}'/><EventID>${id}</EventID><Version>0</Version><Level>2</Level><Channel>Microsoft-Windows-CodeIntegrity/Operational</Channel><Computer>LAB</Computer></System><EventData><Data Name='FileNameLength'>${file.length}</Data><Data Name='FileNameBuffer'>${file}</Data>${more}</EventData></Event>`;
}

for (const id of IDS) {
  const message = MESSAGES[id];
  const wrapped = message.replace(/(.{60,76}) /g, '$1\r\n               ');
  for (const [form, log] of [
    ['wevtutil /f:xml', xml(id, DRIVER)],
    [
      'indented XML of a root element, with a prefix',
      `<?xml version="1.0" encoding="utf-8"?>\r\n<Events>\r\n${xml(id, DRIVER)
        .replace(/<(\/?)(?=\w)/g, '<$1e:')
        .replaceAll('><', '>\r\n  <')
        .replace('Event xmlns=', 'Event xmlns:e=')}\r\n</Events>\r\n`,
    ],
    [
      'Get-WinEvent | Format-List',
      `\r\n\r\nTimeCreated  : 11/21/2026 3:32:21 PM\r\nProviderName : Microsoft-Windows-CodeIntegrity\r\nId           : ${id}\r\nMessage      : ${wrapped}\r\n\r\n\r\n`,
    ],
    [
      'wevtutil /f:text',
      `Event[0]:\r\n  Log Name: Microsoft-Windows-CodeIntegrity/Operational\r\n  Source: Microsoft-Windows-CodeIntegrity\r\n  Date: 2026-11-21T15:32:21.407\r\n  Event ID: ${id}\r\n  Task: N/A\r\n  Level: Error\r\n  Computer: LAB\r\n  Description: \r\n${message}\r\n\r\n`,
    ],
    ['the message alone', `${message}\n`],
    [
      'Get-WinEvent | ConvertTo-Json',
      `[\r\n${[1, 2].map((at) => `    ${JSON.stringify({ Id: at === 1 ? id : 4000, ProviderName: 'Microsoft-Windows-CodeIntegrity', Properties: at === 1 ? [{ Value: DRIVER.length }, { Value: DRIVER }] : [], Message: message }, null, 4)}`).join(',\r\n')}\r\n]\r\n`,
    ],
    [
      'Get-WinEvent | ConvertTo-Json -Compress',
      JSON.stringify({ Message: message, Id: id, ProviderName: 'Microsoft-Windows-CodeIntegrity' }),
    ],
    [
      'evtx_dump -o jsonl',
      `${[3001, id].map((each) => JSON.stringify({ Event: { System: { Provider: { '#attributes': { Name: 'Microsoft-Windows-CodeIntegrity' } }, EventID: { '#attributes': { Qualifiers: 7 }, '#text': each } }, EventData: { FileNameLength: 9, FileNameBuffer: DRIVER, Status: '0xC0000220' } } })).join('\n')}\n`,
    ],
    [
      'JSON of a log shipper',
      `${JSON.stringify({ winlog: { event_id: `${id}`, provider_name: 'Microsoft-Windows-CodeIntegrity', event_data: { FileNameBuffer: DRIVER, Status: '0xC0000220' } }, host: { name: 'LAB' } })}\n`,
    ],
    [
      'JSON without a provider',
      JSON.stringify({ event_id: id, event_data: { FileNameBuffer: DRIVER, Status: '0xC0000220' } }),
    ],
    ['CSV', `"Message","Id","ProviderName"\r\n"${message}","${id}","Microsoft-Windows-CodeIntegrity"\r\n`],
  ] as const) {
    for (const encoding of ['utf-8', 'utf-16le', 'utf-16be'] as const) {
      test(`${id} as ${form}, ${encoding}`, async (t) => {
        const entry = await explainOne(t, encoded(log, encoding));
        t.is(entry.code, CODES[id]);
        t.is(entry.driver, NAME);
        t.is(entry.count, 1);
        if (form !== 'the message alone') t.is(entry.eventId, id);
        if (id === 3087 && !/xml/i.test(form)) t.deepEqual(entry.details, [{ name: 'Status', value: '0xC0000220' }]);
        t.true(entry.remedy.length > 20);
      });
    }
  }
}

function encoded(text: string, encoding: 'utf-8' | 'utf-16le' | 'utf-16be'): Buffer {
  if (encoding === 'utf-8') return Buffer.from(`\ufeff${text}`, 'utf8');
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return encoding === 'utf-16le' ? bytes : bytes.swap16();
}

test('Get-WinEvent | Format-List *: the message first, its number behind it', async (t) => {
  const entry = await explainOne(
    t,
    `Message              : ${MESSAGES[3087].replace(' not ', '\r\n                       not ')}\r\nId                   : 3087\r\nVersion              : 0\r\nProviderName         : Microsoft-Windows-CodeIntegrity\r\nLogName              : Microsoft-Windows-CodeIntegrity/Operational\r\nTimeCreated          : 11/21/2026 3:32:21 PM\r\nContainerLog         : x\r\n\r\n`,
  );
  t.like(entry, { eventId: 3087, driver: NAME, count: 1 });
});

test('UTF-16 without a byte order mark', async (t) => {
  t.is((await explainOne(t, Buffer.from(`${MESSAGES[3072]}\r\n`, 'utf16le'))).driver, NAME);
});

test('a table cuts the message: the event counts, its driver is not known', async (t) => {
  const { entries } = await explain(
    t,
    `
TimeCreated                      Id LevelDisplayName Message
-----------                      -- ---------------- -------
11/21/2026 3:32:21 PM          3087 Error            Code Integrity determined that the kernel module \\Device\\Har...
11/21/2026 3:32:20 PM          3072 Error            Code Integrity determined that the kernel module \\Device\\Har...
`,
  );
  t.deepEqual(
    entries.map(({ code, eventId, driver }) => [code, eventId, driver]),
    [
      ['HVCI2004', 3072, null],
      [null, 3087, null],
    ],
  );
});

test('Windows in another language: number and source are enough', async (t) => {
  const entry = await explainOne(
    t,
    'TimeCreated  : 21.11.2026 15:32:21\nProviderName : Microsoft-Windows-CodeIntegrity\nId           : 3072\nMessage      : Die Codeintegrität hat festgestellt: \\Device\\HarddiskVolume3\\Windows\\System32\\drivers\\dvci.sys ist nicht kompatibel.\n\n',
  );
  t.like(entry, { code: 'HVCI2004', eventId: 3072, driver: 'dvci.sys' });
});

test('the other values of an event are shown: status, bit map', async (t) => {
  const entry = await explainOne(
    t,
    xml(3111, DRIVER, "<Data Name='FailureBitmap'>0x2</Data><Data Name='Status'>0xc0000220</Data>"),
  );
  t.like(entry, { code: null, eventId: 3111, driver: NAME });
  t.deepEqual(entry.details, [
    { name: 'FailureBitmap', value: '0x2' },
    { name: 'Status', value: '0xc0000220' },
  ]);
});

test('the same event of the same driver is one entry; of two drivers, two', async (t) => {
  const { entries } = await explain(t, xml(3072, DRIVER).repeat(40) + xml(3072, 'other.sys') + xml(3072, DRIVER));
  t.deepEqual(
    entries.map(({ driver, count }) => [driver, count]),
    [
      [NAME, 41],
      ['other.sys', 1],
    ],
  );
});

test('JSON: other sources, half an object, and a bug check in the message of another event', async (t) => {
  const event = (provider: string, id: number, message: string): string =>
    JSON.stringify({ Id: id, ProviderName: provider, Properties: [{ Value: DRIVER }], Message: message });
  const other = await explain(t, `${event('Someone-Else', 3072, 'x')}\n${xml(1, DRIVER)}`);
  t.is(other.exitCode, 2);
  const cut = event('Microsoft-Windows-CodeIntegrity', 3072, MESSAGES[3072]);
  t.is((await explain(t, cut.slice(0, -3))).exitCode, 2);
  const rebooted =
    'The computer has rebooted from a bugcheck.  The bugcheck was: 0x000000c4 (0x0000000000002001, 0xfffff80412341074, 0x40, 0x0).';
  t.like(await explainOne(t, event('Microsoft-Windows-WER-SystemErrorReporting', 1001, rebooted)), {
    code: 'HVCI2001',
    address: '0xfffff80412341074',
  });
  // Exports on one line are handed on in parts.
  const many = JSON.stringify(Array.from({ length: 3000 }, () => JSON.parse(cut)));
  t.is((await explainOne(t, many)).count, 3000);
});

test('other events, other sources, comments: nothing', async (t) => {
  const { exitCode, entries } = await explain(
    t,
    [
      xml(3001, DRIVER),
      xml(3072, DRIVER).replace('Microsoft-Windows-CodeIntegrity', 'Someone-Else'),
      xml(3072, DRIVER).replace('<System>', '<!-- <System>').replace('</System>', '</System> -->'),
    ].join('\n'),
  );
  t.is(exitCode, 2);
  t.deepEqual(entries, []);
});

test('the number tells the rule where the message has new words, and the message where the number names no cause', async (t) => {
  const list = (id: number, why: string): string =>
    `Event[0]:\n  Source: Microsoft-Windows-CodeIntegrity\n  Event ID: ${id}\n  Description: \nCode Integrity determined kernel module ${DRIVER} is not compatible with hypervisor enforcement${why}.\n`;
  const writable = ' due to it having executable sections that are also writable';
  for (const [id, why, code] of [
    [3073, writable, 'HVCI2003'],
    [3087, writable, 'HVCI2003'],
    [3073, '', 'HVCI2003'],
    [3072, '', 'HVCI2004'],
    [3087, ' due to it having non-page aligned sections', 'HVCI2004'],
    [3087, '', null],
  ] as const)
    t.like(await explainOne(t, list(id, why)), { code, eventId: id, driver: NAME });
});

test('entities: the five of XML and numbers; those of a document type are left as they are', async (t) => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${'bcdefghij'[i]} "${`&${'abcdefghi'[i]};`.repeat(10)}">`).join('')}]>\n`;
  const entry = await explainOne(t, bomb + xml(3072, '&lt;a&gt; &amp;amp; &#x41;&#66;&quot;&apos; &j; &#x110000;.sys'));
  t.is(entry.driver, '<a> &amp; AB"\' &j; &#x110000;.sys');
});

test('a message in other words than those that are known: the record has number and driver', async (t) => {
  const message = (text: string): string =>
    `Code Integrity determined ${text} ${DRIVER} cannot be used with memory integrity.`;
  for (const text of ['that the kernel module', 'kernel module']) {
    const list = `TimeCreated  : 5/1/2024 10:11:12 AM\r\nProviderName : Microsoft-Windows-CodeIntegrity\r\nId           : 3073\r\nMessage      : ${message(text)}\r\n\r\n`;
    t.like(await explainOne(t, list), { code: 'HVCI2003', eventId: 3073, driver: 'dvci.sys' });
  }
});

const BLOCKED =
  'Code Integrity determined that a process (\\Device\\HarddiskVolume3\\Windows\\System32\\services.exe) attempted to load \\Device\\HarddiskVolume3\\a.sys that did not meet the Enterprise signing level requirements or violated code integrity policy (Policy ID:{a}).';
for (const [form, log, ids] of [
  ['wevtutil /f:xml', xml(3033, DRIVER) + xml(3077, DRIVER), [3033, 3077]],
  [
    'Get-WinEvent | Format-List',
    `TimeCreated  : 11/21/2026 3:32:21 PM\r\nProviderName : Microsoft-Windows-CodeIntegrity\r\nId           : 3076\r\nMessage      : ${BLOCKED}\r\n\r\n`,
    [3076],
  ],
  ['a table', `11/21/2026 3:32:21 PM         3077 Error            ${BLOCKED.slice(0, 60)}...\r\n`, [3077]],
  [
    'a table of several',
    [3033, 3077]
      .map((id) => `11/21/2026 3:32:21 PM         ${id} Error            ${BLOCKED.slice(0, 60)}...\r\n`)
      .join(''),
    [3033, 3077],
  ],
  [
    'text with a path that has another number',
    `Source: Microsoft-Windows-CodeIntegrity\nEvent ID: 3033\n${BLOCKED.replace('a.sys', '3004\\a.sys')}\n`,
    [3033],
  ],
] as const) {
  test(`events of signatures and policies as ${form}: what they are about, status 2`, async (t) => {
    const { folder, at } = folderWith(t);
    writeFileSync(at('log.txt'), log);
    const { exitCode, stderr } = await run(['explain', 'log.txt'], { cwd: folder });
    t.is(exitCode, 2);
    t.regex(stderr, /^hvci-fix: log\.txt has events of code integrity, but none of memory integrity: /);
    t.deepEqual(
      [...stderr.matchAll(/\b(\d{4}) \(/g)].map(([, id]) => Number(id)),
      [...ids],
    );
  });
}

test('an event 3077 of another source is nothing of ours, and one of memory integrity beside it counts', async (t) => {
  const { folder, at } = folderWith(t);
  writeFileSync(at('log.txt'), xml(3077, DRIVER).replace('Microsoft-Windows-CodeIntegrity', 'Other'));
  t.regex((await run(['explain', 'log.txt'], { cwd: folder })).stderr, /nothing in log\.txt is known/);
  t.is((await explainOne(t, xml(3077, DRIVER) + xml(3072, DRIVER))).eventId, 3072);
});

test('as text the path of the event is shown', async (t) => {
  const { folder, at } = folderWith(t);
  writeFileSync(at('log.txt'), xml(3072, DRIVER));
  t.true((await run(['explain', 'log.txt'], { cwd: folder })).stdout.includes(DRIVER));
});

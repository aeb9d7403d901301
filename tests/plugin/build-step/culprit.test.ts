/** The option behind a finding, in both syntaxes. */
import test from 'ava';
import type { Finding } from '../../../fixer/rules/finding.js';
import { culpritsOf } from '../../../plugin/build-step/culprit.js';
import { optionsFromText } from '../../../plugin/build-step/option-hints.js';
import { initRwx } from '../report/samples.js';

const finding = (code: string, section: string | null = null, data: Finding['data'] = {}): Finding => ({
  ...initRwx,
  code,
  section,
  data,
});

interface Case {
  readonly about: string;
  readonly finding: Finding;
  readonly options: string;
  readonly culprits: readonly string[];
}

const cases: readonly Case[] = [
  {
    about: 'the merge into the section, not another one',
    finding: finding('HVCI2005', '.text'),
    options: '/driver\n/MERGE:_PAGE=PAGE\n/MERGE:.rdata=.text\n/MERGE:.idata=.rdata',
    culprits: ['/MERGE:.rdata=.text', '/MERGE:.idata=.rdata'],
  },
  {
    about: 'a merge through a third section',
    finding: finding('HVCI2005', 'INIT'),
    options: '/merge:.idata=tab /merge:tab=INIT /merge:.rdata=.text',
    culprits: ['/merge:.idata=tab'],
  },
  {
    about: 'a merge into another section',
    finding: finding('HVCI2005', 'PAGE'),
    options: '/merge:.rdata=.text',
    culprits: [],
  },
  {
    about: 'section attributes, for that section, with W or E',
    finding: finding('HVCI2003', 'INIT'),
    options: '/SECTION:INIT,RWE\n/SECTION:INIT,D\n/SECTION:PATCH,ERW\n-section:INIT,!W',
    culprits: ['/SECTION:INIT,RWE'],
  },
  {
    about: 'omagic',
    finding: finding('HVCI2003', '.text'),
    options: '-shared -Wl,--omagic -o a.sys',
    culprits: ['--omagic'],
  },
  { about: 'omagic by its letter', finding: finding('HVCI2004'), options: 'a.o -N -o a.sys', culprits: ['-N'] },
  {
    about: 'the last alignment counts',
    finding: finding('HVCI2004'),
    options: '/ALIGN:4096 /FILEALIGN:32 /ALIGN:32',
    culprits: ['/ALIGN:32'],
  },
  { about: 'a good alignment', finding: finding('HVCI2004'), options: '/ALIGN:0x1000', culprits: [] },
  {
    about: 'GNU alignment, hexadecimal without a prefix',
    finding: finding('HVCI2004'),
    options: '-Wl,--section-alignment,200 --file-alignment 200',
    culprits: ['--section-alignment 200'],
  },
  { about: 'GNU alignment of a page', finding: finding('HVCI2004'), options: '--section-alignment=1000', culprits: [] },
  { about: 'no NX', finding: finding('HVCI3002'), options: '/nxcompat /NXCOMPAT:NO', culprits: ['/NXCOMPAT:NO'] },
  {
    about: 'no NX, GNU',
    finding: finding('HVCI3002'),
    options: '-Wl,--disable-nxcompat',
    culprits: ['--disable-nxcompat'],
  },
  {
    about: 'no checksum',
    finding: finding('HVCI4001', null, { stored: 0 }),
    options: '/DRIVER /DEBUG',
    culprits: ['no /RELEASE'],
  },
  {
    about: 'a wrong checksum is not the options',
    finding: finding('HVCI4001', null, { stored: 7 }),
    options: '/DRIVER',
    culprits: [],
  },
  {
    about: 'a checksum was asked for',
    finding: finding('HVCI4001', null, { stored: 0 }),
    options: '/DRIVER /release',
    culprits: [],
  },
  {
    about: 'packing, and functions in one piece',
    finding: finding('HVCI3001'),
    options: '/Zp1 /Gy- /O2',
    culprits: ['/Gy-', '/Zp1', 'no /Gy'],
  },
  {
    about: 'the linker alone cannot lack /Gy',
    finding: finding('HVCI3001'),
    options: '/driver /opt:ref',
    culprits: [],
  },
  { about: 'a code without a finder', finding: finding('HVCI4003'), options: '/driver', culprits: [] },
];

for (const { about, finding: given, options, culprits } of cases) {
  test(`${given.code}: ${about}`, (t) => {
    t.deepEqual(
      culpritsOf(given, optionsFromText(options)).map(({ text }) => text),
      culprits,
    );
  });
}

test('options one a line keep their blanks, a whole command line is cut by its quotes', (t) => {
  const texts = (text: string): string[] => optionsFromText(text).map(({ value }) => value);
  t.deepEqual(texts('/out:C:\\my drivers\\a.sys\r\n/align:32\r\n'), ['C:\\my drivers\\a.sys', '32']);
  t.deepEqual(texts('link.exe /out:"C:\\my drivers\\a.sys" /align:32 a.obj'), ['C:\\my drivers\\a.sys', '32']);
});

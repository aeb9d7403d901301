import test from 'ava';
import { buildDriver, type DriverSpec, SCN } from '../support/image-builder-driver.js';
import { codesOf, editsOf, fixed, planOf } from './fix-support.js';

const NAMES = ['.text', '.rdata', '.data', '.pdata', 'INIT', '.reloc'];

/** Low SectionAlignment over sections that lie as with 0x1000; the change of one thing breaks one condition. */
function low(changes: Record<string, object> = {}, spec: DriverSpec = {}) {
  const change = Object.fromEntries(
    NAMES.map((name, index) => [name, { rva: 0x1000 * (index + 1), ...changes[name] }]),
  );
  return buildDriver({ sectionAlignment: 0x200, fileAlignment: 0x200, change, sizeOfImage: 0x7000, ...spec });
}

test('SectionAlignment is raised where everything lies right already', (t) => {
  const { plan, result } = fixed(t, low());
  t.deepEqual(editsOf(plan), [['optionalHeader.sectionAlignment', '00020000', '00100000']]);
  t.deepEqual(codesOf(result), []);
});

test('FileAlignment, SizeOfHeaders and SizeOfImage follow', (t) => {
  // SizeOfHeaders 0x3A0: a multiple of 0x20, as /ALIGN:32 leaves it; raw data begins at 0x400 all the same.
  const image = low({}, { sectionAlignment: 0x20, sizeOfHeaders: 0x400, sizeOfImage: 0x6f20 });
  const view = new DataView(image.bytes.buffer);
  view.setUint32(image.optionalHeader + 36, 0x20, true);
  view.setUint32(image.optionalHeader + 60, 0x3a0, true);
  const { plan } = fixed(t, image);
  t.deepEqual(editsOf(plan), [
    ['optionalHeader.sectionAlignment', '20000000', '00100000'],
    ['optionalHeader.fileAlignment', '20000000', '00020000'],
    ['optionalHeader.sizeOfImage', '206f0000', '00700000'],
    ['optionalHeader.sizeOfHeaders', 'a0030000', '00040000'],
  ]);
  t.true(plan.notes.some((note) => note.includes('symbol server')));
});

test('a straddling relocation behind the last byte of a section, which then lies in it, is no new finding', (t) => {
  // In .text, 0x60 bytes long: the last 6 bytes of its page.
  const { plan, result } = fixed(t, low({}, { relocations: [{ rva: 0x1000, entries: [[10, 0xffa]] }] }));
  t.deepEqual(editsOf(plan), [['optionalHeader.sectionAlignment', '00020000', '00100000']]);
  t.deepEqual(codesOf(result), ['HVCI3001']);
});

test('INIT, which begins to be discarded by that: the plan says so, and only then', (t) => {
  const said = (image: ReturnType<typeof low>) =>
    planOf(image.bytes).notes.some((note) => note.startsWith('INIT gets'));
  t.true(said(low()));
  t.false(said(low({ INIT: { characteristics: SCN.text } })));
  t.false(said(buildDriver({ change: { INIT: { characteristics: SCN.initRwx } } })));
});

test('NX follows the raised alignment', (t) => {
  const { plan } = fixed(t, low({}, { dllCharacteristics: 0x60 }));
  t.deepEqual(
    editsOf(plan).map(([field]) => field),
    ['optionalHeader.sectionAlignment', 'optionalHeader.dllCharacteristics'],
  );
});

const refused: [string, () => ReturnType<typeof low>, RegExp][] = [
  [
    'a section in the middle of a page',
    () => low({ '.data': { rva: 0x3080 } }),
    /\.data begins at rva 0x3080.*middle of a page/,
  ],
  [
    'a first section not right after the headers',
    () =>
      low(Object.fromEntries(NAMES.map((name, index) => [name, { rva: 0x1000 * (index + 2) }])), {
        sizeOfImage: 0x8000,
      }),
    /\.text begins at rva 0x2000.*expects 0x1000/,
  ],
  [
    'a hole between sections',
    () => low({ '.reloc': { rva: 0x9000 } }, { sizeOfImage: 0xa000 }),
    /\.reloc begins at rva 0x9000.*expects 0x6000/,
  ],
  [
    'sections that overlap once they are whole pages',
    () => low({ '.data': { virtualSize: 0x1001 } }),
    /\.pdata begins at rva 0x4000.*expects 0x5000/,
  ],
  ['an empty section', () => low({ '.data': { data: new Uint8Array(0), virtualSize: 0 } }), /\.data is empty/],
  [
    'raw data off FileAlignment',
    () => low({ '.data': { pointerToRawData: 0x810 } }),
    /raw data of section \.data begins at offset 0x810/,
  ],
  [
    'headers that would reach into raw data',
    () => low({ '.text': { pointerToRawData: 0x200 } }),
    /headers would reach into the raw data of section \.text/,
  ],
  [
    'an entry point that runs because all of the one piece does',
    () => low({ '.text': { characteristics: SCN.data } }),
    /entry point, rva 0x1000, lies in section \.text, which has no execute access/,
  ],
  [
    'memory that is the file behind the raw data',
    () => {
      // Raw data where the section lies: of .text 0x200 bytes, and of its VirtualSize 0x210 the last byte is not 0.
      const image = low({ '.text': { pointerToRawData: 0x1000, sizeOfRawData: 0x200, virtualSize: 0x210 } });
      const bytes = new Uint8Array(Math.max(image.bytes.length, 0x2000));
      bytes.set(image.bytes);
      bytes[0x120f] = 1;
      return { ...image, bytes };
    },
    /section \.text is mapped from the file beyond its SizeOfRawData 0x200/,
  ],
  ['a SizeOfImage beyond the last section', () => low({}, { sizeOfImage: 0x8000 }), /SizeOfImage 0x8000/],
  ['a SizeOfImage before it', () => low({}, { sizeOfImage: 0x6000 }), /SizeOfImage 0x6000/],
  ['a FileAlignment over a page', () => low({}, { fileAlignment: 0x2000 }), /FileAlignment 0x2000 would exceed/],
  [
    'a FileAlignment that is no power of two',
    () => low({}, { fileAlignment: 0x600 }),
    /FileAlignment 0x600 is no power of two/,
  ],
];
for (const [what, build, reason] of refused) {
  test(`the alignment is not raised: ${what}`, (t) => {
    const plan = planOf(build().bytes);
    t.deepEqual(editsOf(plan), []);
    const refusal = plan.refusals.find(({ code }) => code === 'relink-required');
    t.is(refusal?.cause, 'HVCI2004');
    t.regex(refusal?.message ?? '', reason);
    t.regex(refusal?.message ?? '', /DRIVER_ALIGNMENT=0x1000/);
  });
}

test('an alignment over a page is never lowered', (t) => {
  const plan = planOf(buildDriver({ sectionAlignment: 0x2000, relocations: [] }).bytes);
  t.deepEqual([plan.edits, plan.refusals], [[], []]);
});

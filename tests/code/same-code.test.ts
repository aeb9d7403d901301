/** Facts of one image taken for another: only where a second reading would say the same. */
import test from 'ava';
import { createCodeEngine } from '../../fixer/code/engine.js';
import type { CodeFacts } from '../../fixer/code/facts.js';
import { characteristicsOffset } from '../../fixer/pe/sections.js';
import { buildCodeDriver, ENTER, edx, LEAVE, r8d } from '../support/code/code-driver.js';
import { iced, parsed } from '../support/code/engine.js';
import type { BuiltImage } from '../support/image-builder.js';

const EXECUTE = 0x20000000;
const WRITE = 0x80000000;

type Change = (bytes: Uint8Array, view: DataView) => void;

interface Carried {
  readonly first: CodeFacts | null;
  readonly second: CodeFacts | null;
  /** What an engine says that never saw the first image. */
  readonly fresh: CodeFacts | null;
}

function carry({ bytes: before }: BuiltImage, change: Change): Carried {
  const after = before.slice();
  change(after, new DataView(after.buffer));
  const engine = createCodeEngine({ iced });
  const [from, to] = [parsed(before), parsed(after)];
  const first = engine.analyse(from);
  engine.carryOver(from, to);
  return { first, second: engine.analyse(to), fresh: createCodeEngine({ iced }).analyse(parsed(after)) };
}

const flip =
  (name: string, bits: number): Change =>
  (bytes, view) => {
    const section = parsed(bytes).sections.find((each) => each.name === name);
    if (section === undefined) throw new Error(`no section ${name}`);
    const offset = characteristicsOffset(section);
    view.setUint32(offset, (view.getUint32(offset, true) ^ bits) >>> 0, true);
  };

/** ExAllocatePoolWithTag(*(ULONG *)rva, 0x10, 'tag1'), where the rva is that of .data + 8: mov ecx, [rip+disp32]. */
function allocating(): BuiltImage {
  const build = (load: readonly number[]): BuiltImage =>
    buildCodeDriver({
      functions: ['ExAllocatePoolWithTag'],
      parts: [ENTER, load, edx(0x10), r8d(0x31676174), { call: 'ExAllocatePoolWithTag' }, LEAVE],
    });
  const plain = build([0x8b, 0x0d, 0, 0, 0, 0]);
  const next = plain.section('.text').rva + ENTER.length + 6;
  const distance = plain.section('.data').rva + 8 - next;
  return build([0x8b, 0x0d, ...[0, 8, 16, 24].map((shift) => (distance >>> shift) & 0xff)]);
}

test('what a fix changes leaves the facts as they are', (t) => {
  const { first, second, fresh } = carry(allocating(), (bytes, view) => {
    // CheckSum, DllCharacteristics and the directory of the signature (PE specification, "Optional Header").
    const { offset } = parsed(bytes).optionalHeader;
    view.setUint32(offset + 64, 0x12345678, true);
    view.setUint16(offset + 70, view.getUint16(offset + 70, true) ^ 0x100, true);
    flip('INIT', WRITE)(bytes, view);
    flip('.text', WRITE)(bytes, view);
  });
  t.is(first?.calls.length, 1);
  t.is(second, first);
  t.deepEqual(second, fresh);
});

test('bytes, an entry point or execute access that differ are read anew', (t) => {
  const changes: Change[] = [
    (bytes, view) => view.setUint32(parsed(bytes).optionalHeader.offset + 16, 0x1001, true),
    flip('.rdata', EXECUTE),
    flip('.text', EXECUTE),
  ];
  for (const name of ['.text', '.data', '.pdata', 'INIT', '.reloc'])
    for (const at of ['first', 'last'])
      changes.push((bytes) => {
        const section = parsed(bytes).sections.find((each) => each.name === name);
        if (section === undefined) throw new Error(`no section ${name}`);
        const offset = section.rawOffset + (at === 'first' ? 0 : section.rawSize - 1);
        bytes[offset] = (bytes[offset] as number) ^ 0x40;
      });
  for (const change of changes) {
    const { first, second, fresh } = carry(allocating(), change);
    t.not(second, first);
    t.deepEqual(second, fresh);
  }
});

test('a section that code loads from is read anew when its write access differs: then a variable is a constant', (t) => {
  const { first, second, fresh } = carry(allocating(), flip('.data', WRITE));
  t.is(first?.calls[0]?.outcome, 'default-only');
  t.is(second?.calls[0]?.outcome, 'violation');
  t.deepEqual(second, fresh);
});

test('nothing is carried over from an image that nobody has read', (t) => {
  const { bytes } = allocating();
  const engine = createCodeEngine({ iced });
  const [from, to] = [parsed(bytes), parsed(bytes.slice())];
  engine.carryOver(from, to);
  t.is(engine.analyse(to)?.calls.length, 1);
});

import test from 'ava';
import { openMsf } from '../../../fixer/pe/debug/msf.js';
import { symbolsFromMap, symbolsFromPdb } from '../../../fixer/pe/debug/symbols.js';
import { readobj } from '../../support/toolchain/readobj.js';
import { toolsReady } from '../../support/toolchain/tools.js';
import { bytesOf, linkImage, linkTools, removeFolders } from './linked-images.js';
import { randomFrom, writeMsf } from './msf-image.js';

test.after.always(removeFolders);

/** One rva in every function and data symbol of the fixture, and some beside them. */
const rvas = [0x1000, 0x1041, 0x1062, 0x1085, 0x10a2, 0x2001, 0x3010, 0x5ffe, 0x8001, 0xffffffff];

/** The fixture's PDB in 512-byte blocks, without the type streams, which are not read: about 10 KB. */
async function smallPdb(): Promise<Uint8Array> {
  const msf = openMsf(await bytesOf((await linkImage('x64')).pdb));
  if (!msf.ok) throw new Error(msf.error.message);
  const typeStreams = new Set([0, 2, 4]);
  return writeMsf(
    Array.from({ length: msf.value.streamCount }, (_, number) => {
      const stream = msf.value.stream(number);
      return stream.ok && !typeStreams.has(number) ? stream.value.bytes : new Uint8Array();
    }),
    512,
  );
}

/** Asks for everything; returns how many names came back. */
function use(bytes: Uint8Array): number {
  const table = symbolsFromPdb(bytes, null);
  if (!table.ok) return 0;
  return rvas.filter((rva) => [table.value.line(rva), table.value.find(rva)].some((found) => found !== null)).length;
}

test('a PDB cut at every byte is an error or an answer, never an exception', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const bytes = await smallPdb();
  t.true(use(bytes) >= 6, 'whole, it answers');
  for (let length = 0; length < bytes.length; length++) {
    const table = symbolsFromPdb(bytes.subarray(0, length), null);
    t.is(table.ok ? 'ok' : table.error.code, 'truncated', `cut to ${length}`);
  }
});

test('every stream cut at every byte gives no exception', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const msf = openMsf(await smallPdb());
  if (!msf.ok) throw new Error(msf.error.message);
  const streams = Array.from({ length: msf.value.streamCount }, (_, number) => {
    const stream = msf.value.stream(number);
    return stream.ok ? stream.value.bytes : null;
  });
  const whole = use(writeMsf(streams, 512));
  let different = 0;
  streams.forEach((stream, cut) => {
    for (let length = 0; length < (stream?.length ?? 0); length++) {
      const answers = use(writeMsf(streams.with(cut, stream!.subarray(0, length)), 512));
      different += answers === whole ? 0 : 1;
    }
  });
  t.true(different > 100, 'the cuts reach what is read');
});

test('a damaged module is a problem of the table, and its functions still have their public names', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const msf = openMsf(await smallPdb());
  if (!msf.ok) throw new Error(msf.error.message);
  const streams = Array.from({ length: msf.value.streamCount }, (_, number) => {
    const stream = msf.value.stream(number);
    return stream.ok ? stream.value.bytes.slice() : new Uint8Array();
  });
  const module = streams.findIndex(
    (bytes) => bytes[0] === 4 && new TextDecoder().decode(bytes).includes('DriverEntry'),
  );
  // The first record's length: 0xffff reaches past the module's symbols.
  streams[module]!.set([0xff, 0xff], 4);
  const file = writeMsf(streams, 512);
  const table = symbolsFromPdb(file, null);
  if (!table.ok) throw new Error(table.error.message);
  t.deepEqual(table.value.problems, []);
  t.deepEqual(table.value.find(0x1000), { name: 'DriverEntry', rva: 0x1000, size: null, kind: 'public' });
  t.is(table.value.line(0x1000), null);
  const [problem, ...others] = table.value.problems;
  t.deepEqual(others, [], 'reported once');
  t.like(problem, { code: 'malformed', path: `pdb.streams[${module}]` });
  t.deepEqual([...file.subarray(problem!.offset, problem!.offset + 2)], [0xff, 0xff], 'the offset leads to the damage');
});

test('20,000 PDBs with flipped bytes: no exception, no hang', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const bytes = await smallPdb();
  const random = randomFrom(20261121);
  const start = performance.now();
  const outcomes = new Set<number>();
  for (let round = 0; round < 20_000; round++) {
    const copy = bytes.slice();
    for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
      const at = Math.floor(random() * copy.length);
      // Sizes and counts break worst when they become huge or 0.
      copy[at] = [0, 0xff, 0x80, Math.floor(random() * 256)][Math.floor(random() * 4)]!;
    }
    outcomes.add(use(copy));
  }
  const seconds = (performance.now() - start) / 1000;
  t.log(`${seconds.toFixed(1)} s, answers of ${outcomes.size} kinds`);
  t.true(outcomes.size > 3, 'the flips reach what is read');
  t.true(seconds < 60);
});

test('4-byte fields of the DBI and module streams set to extremes: no exception, no hang', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const bytes = await smallPdb();
  const start = performance.now();
  const view = new DataView(bytes.buffer);
  let different = 0;
  const whole = use(bytes);
  for (let at = 56; at + 4 <= bytes.length; at += 2) {
    const before = view.getUint32(at, true);
    for (const value of [0xffffffff, 0x7fffffff, 0x80000000, bytes.length, 0]) {
      view.setUint32(at, value, true);
      different += use(bytes) === whole ? 0 : 1;
    }
    view.setUint32(at, before, true);
  }
  t.true(different > 500, 'the fields are read');
  t.true(performance.now() - start < 60_000);
});

test('maps cut at every character and with changed characters: no exception', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const linked = await linkImage('x64');
  const { sections } = await readobj(linked.image);
  const random = randomFrom(5);
  for (const path of [linked.map, linked.lldMap]) {
    const text = new TextDecoder().decode(await bytesOf(path));
    const answers = (map: string) => {
      const table = symbolsFromMap(map, 0, sections);
      return table.ok ? rvas.filter((rva) => table.value.find(rva) !== null).length : -1;
    };
    const whole = answers(text);
    t.true(whole >= 6);
    const seen = new Set<number>();
    for (let length = 0; length < text.length; length++) seen.add(answers(text.slice(0, length)));
    t.true(seen.size > 4);
    t.true(Math.max(...seen) <= whole);
    for (let round = 0; round < 3000; round++) {
      const at = Math.floor(random() * text.length);
      const character = String.fromCharCode(Math.floor(random() * 0x180));
      t.true(answers(text.slice(0, at) + character + text.slice(at + 1)) >= -1);
    }
  }
});

test('1 MB of what is slow for careless patterns is read within a second', (t) => {
  const section = { virtualAddress: 0x1000, virtualSize: 0x1000, sizeOfRawData: 0x1000, characteristics: 0x60000020 };
  const size = 1_000_000;
  const gnu = '                0x0000000140001000                a\n';
  const msvc = ' 0001:00000000       f       0000000140001000     a.obj\n';
  const texts = [
    '\n'.repeat(size),
    ' '.repeat(size),
    `${msvc}${` 0001:00000000 x${' '.repeat(4000)}\n`.repeat(size / 4000)}`,
    `${msvc}${` 0001:00000000 ${'0123456789abcdef '.repeat(200)}\n`.repeat(size / 4000)}`,
    `${gnu}${` ${' '.repeat(4000)}\n`.repeat(size / 4000)}`,
    `${gnu}${` ${'x'.repeat(4000)}${' '.repeat(900)}\n`.repeat(size / 5000)}`,
    `${gnu}${`                0x0000000140001000 ${'= '.repeat(2000)}\n`.repeat(size / 4000)}`,
    msvc.repeat(size / msvc.length),
  ];
  const many = Array.from({ length: 65535 }, () => section);
  for (const text of texts) {
    const start = performance.now();
    const table = symbolsFromMap(text, 0x140000000, many);
    if (table.ok) table.value.find(0x1000);
    t.true(performance.now() - start < 1000, `${JSON.stringify(text.slice(0, 80))} took too long`);
  }
});

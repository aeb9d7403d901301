/**
 * Damaged images: cut at every byte, every header field at its extremes, bytes flipped at random. Normally about 2,000 random
 * cases; HVCI_FIX_LONG=1 makes it 120,000, with a new seed each time (HVCI_FIX_SEED repeats one).
 */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type Seed, samples, seeds } from './images.js';
import { type Outcome, runEngine } from './run-engine.js';

const long = process.env['HVCI_FIX_LONG'] === '1';
const seed = Number(process.env['HVCI_FIX_SEED'] ?? (long ? Date.now() % 0x7fffffff : 20250711));
const MILLISECONDS_PER_CASE = 2000;

/** Runs one case and holds it to the time; the message has what is needed to repeat it. */
function timed(bytes: Uint8Array, label: () => string): Outcome {
  const start = performance.now();
  let outcome: Outcome;
  try {
    outcome = runEngine(bytes);
  } catch (error) {
    throw new Error(`${label()}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  const took = performance.now() - start;
  if (took > MILLISECONDS_PER_CASE) throw new Error(`${label()} took ${took} ms`);
  return outcome;
}

test('the seeds are real work: each can be fixed or has nothing to fix', (t) => {
  t.true(samples.length >= 8, `${samples.length} samples`);
  const outcomes = seeds.map(({ bytes }) => runEngine(bytes));
  t.true(outcomes.includes('fixed'));
  t.false(outcomes.includes('no-image'));
  t.false(outcomes.includes('not-verified'));
});

test('cut off after any byte', (t) => {
  for (const { name, bytes } of seeds) {
    // Bodies are long and dull: every byte of the headers and of the last kilobyte, else every 7th (every one when long).
    const step = (length: number): number => (long || length < 0x500 || length > bytes.length - 0x200 ? 1 : 7);
    for (let length = 0; length < bytes.length; length += step(length)) {
      timed(bytes.slice(0, length), () => `${name} cut to ${length}`);
    }
  }
  t.pass();
});

const EXTREMES = [0, 1, 0x7fffffff, 0xffffffff];

/** Where the headers end: PE offset, optional header size, section table. */
function endOfHeaders({ bytes }: Seed): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const pe = view.getUint32(0x3c, true);
  return pe + 24 + view.getUint16(pe + 20, true) + view.getUint16(pe + 6, true) * 40;
}

test('every header field at its extremes', (t) => {
  const counts = new Map<Outcome, number>();
  for (const one of seeds) {
    const end = endOfHeaders(one);
    for (const width of [2, 4]) {
      for (let offset = 0x3c; offset + width <= end; offset += 2) {
        for (const value of EXTREMES) {
          const bytes = one.bytes.slice();
          const view = new DataView(bytes.buffer);
          if (width === 2) view.setUint16(offset, value & 0xffff, true);
          else view.setUint32(offset, value, true);
          const outcome = timed(bytes, () => `${one.name} with 0x${value.toString(16)} (${width}) at ${offset}`);
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        }
      }
    }
  }
  t.log(Object.fromEntries(counts));
  t.true((counts.get('fixed') ?? 0) > 1000);
});

/** File ranges that hold structure: optional header, section table, and what the data directories name. */
function tablesOf(one: Seed): [start: number, end: number][] {
  const view = new DataView(one.bytes.buffer, one.bytes.byteOffset);
  const pe = view.getUint32(0x3c, true);
  const table = pe + 24 + view.getUint16(pe + 20, true);
  const found: [number, number][] = [
    [pe + 4, pe + 24],
    [pe + 24, table],
    [table, endOfHeaders(one)],
  ];
  const directories = pe + 24 + (view.getUint16(pe + 24, true) === 0x20b ? 112 : 96);
  for (const index of [1, 3, 5, 10, 12]) {
    const rva = view.getUint32(directories + index * 8, true);
    for (let at = table; at < endOfHeaders(one); at += 40) {
      const offset = rva - view.getUint32(at + 12, true);
      const size = view.getUint32(at + 16, true);
      const start = view.getUint32(at + 20, true) + offset;
      if (offset >= 0 && offset < size) found.push([start, Math.min(start + 64, one.bytes.length)]);
    }
  }
  return found;
}

test('random bytes changed, most of them in headers and tables', (t) => {
  const counts = new Map<Outcome, number>();
  const ranges = seeds.map(tablesOf);
  const change = fc.record({
    /** 0: anywhere in the file; else in one of the tables. */
    where: fc.integer({ min: 0, max: 3 }),
    at: fc.integer({ min: 0, max: 0xffffff }),
    value: fc.oneof(fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 })),
    width: fc.constantFrom(1, 1, 2, 4),
  });
  runProperty(
    t,
    fc.property(
      fc.integer({ min: 0, max: seeds.length - 1 }),
      fc.array(change, { minLength: 1, maxLength: 12 }),
      (index, changes) => {
        const one = seeds[index] as Seed;
        const bytes = one.bytes.slice();
        for (const { where, at, value, width } of changes) {
          const [start, end] = where === 0 ? [0, bytes.length] : ranges[index]![at % ranges[index]!.length]!;
          const offset = start + (at % (end - start));
          bytes.fill(value, offset, offset + width);
        }
        const outcome = timed(bytes, () => one.name);
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      },
    ),
    long ? 90_000 : 1500,
  );
  t.log(Object.fromEntries(counts));
  t.true((counts.get('fixed') ?? 0) > 100);
  t.true((counts.get('not-verified') ?? 0) * 200 <= (counts.get('fixed') ?? 0));
});

test('bytes that are no image at all', (t) => {
  const header = Uint8Array.from([0x4d, 0x5a, ...new Uint8Array(58), 0x40, 0, 0, 0, 0x50, 0x45, 0, 0, 0x64, 0x86]);
  runProperty(
    t,
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (tail, withHeader) => {
      timed(withHeader ? new Uint8Array([...header, ...tail]) : tail, () => 'random bytes');
    }),
    long ? 30_000 : 500,
  );
  t.pass();
});

function runProperty(t: ExecutionContext, property: Parameters<typeof fc.assert>[0], numRuns: number): void {
  t.log(`seed ${seed}, ${numRuns} runs`);
  fc.assert(property, { seed, numRuns, endOnFailure: true });
}

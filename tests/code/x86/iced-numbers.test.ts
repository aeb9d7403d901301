/** The numbers that stand for iced-x86's enumerations are those of the package that is installed. */
import { createRequire } from 'node:module';
import test from 'ava';
import * as numbers from '../../../fixer/code/x86/mnemonics.js';

interface Iced {
  readonly Mnemonic: Readonly<Record<string, number>>;
  readonly OpKind: Readonly<Record<string, number>>;
  readonly FlowControl: Readonly<Record<string, number>>;
  readonly Register: Readonly<Record<string, number>>;
  readonly MemorySizeExt: { size(value: number): number };
}
const iced = createRequire(import.meta.url)('iced-x86') as Iced;

/** Compares by lower-case name: `r8L` of ours is `R8L` there. */
function compare(ours: Readonly<Record<string, number>>, theirs: Readonly<Record<string, number>>): string[] {
  const known = new Map(Object.entries(theirs).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.entries(ours)
    .filter(([name, value]) => known.get(name.toLowerCase().replace('8second', '8_2nd')) !== value)
    .map(([name]) => name);
}

test('enumerations', (t) => {
  t.true(Object.keys(numbers.MNEMONIC).length > 60);
  t.deepEqual(compare(numbers.MNEMONIC, iced.Mnemonic), []);
  t.deepEqual(compare(numbers.OP_KIND, iced.OpKind), []);
  t.deepEqual(compare(numbers.FLOW, iced.FlowControl), []);
  t.deepEqual(compare(numbers.REGISTER, iced.Register), []);
});

const named = (pattern: RegExp): number[] =>
  Object.entries(iced.Mnemonic)
    .filter(([name]) => pattern.test(name))
    .map(([, value]) => value)
    .sort((a, b) => a - b);
const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
const CONDITION = '(?:a|ae|b|be|e|g|ge|l|le|ne|no|np|ns|o|p|s)';

test('groups of mnemonics', (t) => {
  t.deepEqual(sorted(numbers.SET_ON_CONDITION), named(new RegExp(`^Set${CONDITION}$`)));
  t.deepEqual(sorted(numbers.MOVE_ON_CONDITION), named(new RegExp(`^Cmov${CONDITION}$`)));
  t.deepEqual(sorted(numbers.STRING_WRITES.keys()), named(/^(?:Stos[bwdq]|Movs[bwdq]|Ins[bwd])$/));
  t.deepEqual(sorted(numbers.LOOPS), named(/^Loop(?:n?e)?$/));
  t.deepEqual(sorted(numbers.STRING_READS.keys()), named(/^(?:Lods[bwdq]|Scas[bwdq]|Cmps[bwdq]|Outs[bwd])$/));
  const reads = (mnemonic: string) => numbers.STRING_READS.get(iced.Mnemonic[mnemonic] as number);
  t.deepEqual([reads('Lodsb'), reads('Outsd'), reads('Scasw'), reads('Cmpsq')], [[0, 6], [6], [7], [6, 7]]);
  t.is(numbers.STRING_WRITES.get(iced.Mnemonic['Stosq'] as number), 8);
  t.is(numbers.STRING_WRITES.get(iced.Mnemonic['Movsb'] as number), 1);
});

test('sizes of memory operands', (t) => {
  t.deepEqual(
    numbers.MEMORY_SIZE,
    numbers.MEMORY_SIZE.map((_, value) => iced.MemorySizeExt.size(value)),
  );
  t.throws(() => iced.MemorySizeExt.size(numbers.MEMORY_SIZE.length));
});

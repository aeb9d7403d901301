/** Blocks by a byte of theirs: the same from an index as from going over all, and without the square of a function's size. */
import test from 'ava';
import { BlockIndex } from '../../fixer/code/blocks-at.js';
import { noCode } from '../../fixer/code/decoded.js';
import type { Block } from '../../fixer/code/flow.js';

/** Of instructions of four bytes each; every second block lies between the bytes of the one before it. */
function blocksOf(count: number, look: () => void): Block[] {
  return Array.from({ length: count }, (_, number) => {
    const start = 0x1000 + (number >> 1) * 16 + (number & 1);
    const instructions = [noCode(start, 4), noCode(start + 4, 4), noCode(start + 8, 4)];
    const rest = { end: start + 12, instructions, edges: [], calls: false, repeats: false };
    return {
      ...rest,
      get start() {
        look();
        return start;
      },
    };
  });
}

test('asked for every byte it finds what each block tells of itself, in order of address', (t) => {
  const blocks = blocksOf(200, () => undefined);
  const index = new BlockIndex(blocks, 600);
  for (let round = 0; round < 3; round++) {
    for (let rva = 0xff0; rva < 0x1000 + 100 * 16 + 32; rva++) {
      const expected = blocks.filter(({ start, end }) => rva >= start && rva < end);
      t.deepEqual(index.at([rva]), expected);
    }
  }
  t.deepEqual(index.at([0x1011, 0x1000, 0x1008, 0x100c]), blocks.slice(0, 4));
  t.deepEqual(index.at([]), []);
});

test('a large function that is asked about at every instruction', (t) => {
  let looks = 0;
  const blocks = blocksOf(20_000, () => looks++);
  const index = new BlockIndex(blocks, 60_000);
  for (const { end } of blocks) index.at([end - 1]);
  t.true(looks < 1_000_000, `${looks}`);
  looks = 0;
  const all = blocks.map(({ end }) => end - 1);
  t.is(new BlockIndex(blocks, 60_000).at(all).length, 20_000);
  t.true(looks < 1_000_000, `${looks}`);
});

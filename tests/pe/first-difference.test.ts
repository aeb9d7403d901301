/** Against a loop over bytes, for every start, end and place of a difference in a few words. */
import test from 'ava';
import { firstDifference } from '../../fixer/pe/first-difference.js';

for (const shift of [0, 1, 4]) {
  test(`the first byte that differs is found, ${shift} bytes into memory`, (t) => {
    const size = 19;
    const make = (): Uint8Array => new Uint8Array(new ArrayBuffer(size + shift), shift).fill(7);
    for (let from = 0; from <= size; from++)
      for (let to = from; to <= size; to++)
        for (let place = 0; place < size; place++) {
          const [a, b] = [make(), make()];
          b[place] = 8;
          const expected = place >= from && place < to ? place : -1;
          if (firstDifference(a, b, from, to) !== expected) t.fail(`${from} ${to} ${place}`);
        }
    t.is(firstDifference(make(), make(), 0, size), -1);
  });
}

/** Stores into elements of arrays, whose addresses are made in more than one step: what `fix` asks before it takes write access away. */
import test from 'ava';
import { codeEngine, parsed } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

/** `area` lies in the section; the function that stores into it is all that knows of it. */
const writers: Readonly<Record<string, string>> = {
  'a byte as index': `
    PATCHED UCHAR area[256] = {1};
    CASE(writes)(unsigned at) { area[(UCHAR)at] = 1; return 0; }`,
  'a byte of a table as index': `
    static const UCHAR order[64] = {3, 1, 2};
    PATCHED UCHAR area[256] = {1};
    CASE(writes)(unsigned at) { area[order[at & 63]] = 1; return 0; }`,
  'a loop over bytes': `
    PATCHED UCHAR area[64] = {1};
    CASE(writes)(SIZE_T length) { for (int at = 0; at < 64; at++) area[at] = 0; return 0; }`,
  'an index less than what it begins with': `
    PATCHED int area[16] = {1};
    CASE(writes)(int at) { if (at >= 4 && at < 20) area[at - 4] = at; return 0; }`,
  'two dimensions': `
    PATCHED int area[4][8] = {{1}};
    CASE(writes)(int row, int column) { area[row][column] = row + column; return 0; }`,
  structures: `
    PATCHED struct { int first, second; void *third; } area[8] = {{1}};
    CASE(writes)(int at, void *third) { area[at].second = at; area[at].third = third; return 0; }`,
  'structures of 12 bytes': `
    PATCHED struct { int first, second, third; } area[8] = {{1}};
    CASE(writes)(int at) { area[at].second = at; return 0; }`,
  'the next of the structures': `
    static int count;
    PATCHED struct Item { int first, second, third; } area[8] = {{1}};
    CASE(writes)(int value) {
      struct Item *item = &area[count++];
      item->first = value;
      item->second = value * 2;
      return 0;
    }`,
  'a loop that is entered in its middle': `
    PATCHED int area[8] = {5, 4, 3, 2, 1};
    static NOINLINE void sort(void) {
      for (int at = 1; at < 8; at++) {
        int key = area[at], to = at - 1;
        while (to >= 0 && area[to] > key) {
          area[to + 1] = area[to];
          to--;
        }
        area[to + 1] = key;
      }
    }
    CASE(writes)(void) { sort(); return 0; }`,
  'a pointer that a call comes behind': `
    PATCHED struct Item { int first, second; } area[8] = {{1}};
    CASE(writes)(int at) {
      struct Item *item = &area[at];
      Consume(0);
      item->second = 1;
      return 0;
    }`,
};

/** What only reads it, or makes something else of its address. */
const readers: Readonly<Record<string, string>> = {
  'an element is copied': `
    static int copy[8];
    PATCHED int area[4][8] = {{1}};
    CASE(reads)(int row, int column) { copy[column & 7] = area[row][column]; return 0; }`,
  'a pointer is read from it': `
    PATCHED int *area[4][8] = {{(int *)1}};
    CASE(reads)(int row, int column) { *area[row][column] = 1; return 0; }`,
  'a distance from it': `
    PATCHED UCHAR area[64] = {1};
    CASE(reads)(UCHAR *other, int at) { other[&area[at] - area] = 1; return 0; }`,
};

const PREFIX = '#define PATCHED __attribute__((section("patched")))\n';

async function storesInto(source: string, arch: 'x64' | 'arm64' | 'x86', level: 'O0' | 'O1' | 'O2' | 'Os') {
  const image = parsed(await smallDriver({ source: PREFIX + source, arch, level, link: ['/section:patched,RWE'] }));
  const { index = -1 } = image.sections.find(({ name }) => name === 'patched') ?? {};
  return codeEngine().storesInto(image, new Set([index]))?.stores ?? [];
}

for (const arch of ['x64', 'arm64', 'x86'] as const)
  for (const level of ['O0', 'O1', 'O2', 'Os'] as const)
    test(`${arch}: stores into elements of arrays are found, built with -${level}`, async (t) => {
      if (!toolsReady(t, smallDriverTools)) return;
      for (const [name, source] of Object.entries(writers))
        t.not((await storesInto(source, arch, level)).length, 0, name);
      for (const [name, source] of Object.entries(readers))
        t.deepEqual(await storesInto(source, arch, level), [], name);
    });

test('arm64: a function whose first instruction computes with vectors stores from there on', async (t) => {
  if (!toolsReady(t, smallDriverTools)) return;
  // movi v0.2d, #0 comes first; the address is nowhere but in code.
  const source = `
    PATCHED struct Four { ULONG64 a, b, c, d; } area = {1};
    static void clears(void) { area = (struct Four){0}; }
    CASE(gives)(void **place) { *place = (void *)clears; return 0; }`;
  for (const level of ['O1', 'O2', 'Os'] as const) t.not((await storesInto(source, 'arm64', level)).length, 0, level);
});

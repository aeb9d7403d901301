import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openMsf } from '../../../fixer/pe/debug/msf.js';
import { symbolsFromPdb } from '../../../fixer/pe/debug/symbols.js';
import { readobj } from '../../support/toolchain/readobj.js';
import { toolsReady } from '../../support/toolchain/tools.js';
import { bytesOf, linkImage, linkTools, removeFolders, temporaryFolder } from './linked-images.js';
import { randomFrom, shuffled, writeMsf } from './msf-image.js';
import { pdbutilSymbols } from './pdb-oracle.js';

test.after.always(removeFolders);

const random = randomFrom(7);
const content = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256));

function errorOf(bytes: Uint8Array): { code: string; path: string } | null {
  const msf = openMsf(bytes);
  return msf.ok ? null : { code: msf.error.code, path: msf.error.path };
}

for (const blockSize of [512, 4096, 8192]) {
  test(`blocks of ${blockSize}: streams come back whole, in a row and shuffled`, (t) => {
    const streams = [content(0), content(10), null, content(blockSize), content(3 * blockSize + 1), content(5000)];
    for (const seed of [0, 1, 2]) {
      const file = writeMsf(streams, blockSize, seed === 0 ? undefined : (count) => shuffled(count, seed));
      const msf = openMsf(file);
      if (!msf.ok) throw new Error(msf.error.message);
      t.is(msf.value.blockSize, blockSize);
      t.is(msf.value.streamCount, streams.length);
      streams.forEach((stream, number) => {
        t.is(msf.value.streamLength(number), stream?.length ?? null);
        const read = msf.value.stream(number);
        t.is(read.ok, stream !== null);
        if (!read.ok) return;
        t.deepEqual(read.value.bytes, stream);
        for (const at of [0, stream!.length >> 1, stream!.length - 1].filter((at) => at in stream!)) {
          t.is(file[read.value.fileOffset(at)], stream![at], 'fileOffset leads to the byte in the file');
        }
      });
      t.is(msf.value.streamLength(streams.length), null);
      t.false(msf.value.stream(streams.length).ok);
    }
  });
}

test('other files are told from damaged ones', (t) => {
  const text = (value: string) => new TextEncoder().encode(value.padEnd(100, '\0'));
  t.deepEqual(errorOf(text('MZ')), { code: 'malformed', path: 'msf.superBlock.magic' });
  t.is(errorOf(text('Microsoft C/C++ program database 2.00\r\n\x1aJG'))?.code, 'unsupported');
  t.is(errorOf(text('BSJB'))?.code, 'unsupported', 'a portable PDB');
  t.deepEqual(errorOf(new Uint8Array()), { code: 'truncated', path: 'msf.superBlock' });
});

test('a directory that contradicts itself is an error', (t) => {
  const file = writeMsf([content(10), content(600)], 512);
  const withU32 = (offset: number, value: number) => {
    const copy = file.slice();
    new DataView(copy.buffer).setUint32(offset, value, true);
    return copy;
  };
  // Blocks: 3 super block and free maps, 1 and 2 of streams, then directory and block map.
  const directory = 6 * 512;
  t.is(errorOf(file), null);
  t.is(errorOf(withU32(32, 1000))?.path, 'msf.superBlock.blockSize');
  t.is(errorOf(withU32(40, 9))?.path, 'msf.superBlock.numBlocks');
  t.is(errorOf(withU32(44, 0xffffffff))?.path, 'msf.superBlock.numDirectoryBytes');
  t.is(errorOf(withU32(52, 0xffffffff))?.path, 'msf.superBlock.numDirectoryBytes');
  t.is(errorOf(withU32(7 * 512, 99))?.path, 'msf.blockMap');
  t.is(errorOf(withU32(directory, 0x10000000))?.path, 'msf.directory.numStreams');
  t.is(errorOf(withU32(directory + 4, 0xfffffff0))?.path, 'msf.directory.streamSizes[0]');
  const outside = openMsf(withU32(directory + 12, 99));
  const stream = outside.ok ? outside.value.stream(0) : outside;
  t.is(stream.ok ? null : stream.error.path, 'msf.streams[0]');
});

test('streams that share blocks cannot make a small file cost much memory', (t) => {
  // 512-byte blocks, one stream of 60 blocks that are all the same block.
  const file = writeMsf([content(512), content(512 * 60)], 512);
  t.is(errorOf(file), null);
  const view = new DataView(file.buffer);
  const directory = view.getUint32(view.getUint32(52, true) * 512, true) * 512;
  view.setUint32(directory + 8, 512 * 5000, true);
  t.is(errorOf(file)?.path, 'msf.directory.streamSizes[1]');
});

test('a PDB with its blocks shuffled reads the same, for llvm-pdbutil and for us', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const linked = await linkImage('x64');
  const original = await bytesOf(linked.pdb);
  const msf = openMsf(original);
  if (!msf.ok) throw new Error(msf.error.message);
  const streams = Array.from({ length: msf.value.streamCount }, (_, number) => {
    const stream = msf.value.stream(number);
    return stream.ok ? stream.value.bytes : null;
  });
  const bytes = writeMsf(streams, 512, (count) => shuffled(count, 3));
  const path = join(await temporaryFolder(), 'shuffled.pdb');
  await writeFile(path, bytes);
  const symbols = await pdbutilSymbols(path);
  t.deepEqual(symbols, await pdbutilSymbols(linked.pdb));
  const table = symbolsFromPdb(bytes, null);
  if (!table.ok) throw new Error(table.error.message);
  const { sections } = await readobj(linked.image);
  for (const { name, section, offset, size } of symbols.filter((symbol) => symbol.size !== null)) {
    const rva = sections[section - 1]!.virtualAddress + offset;
    t.deepEqual(table.value.find(rva), { name, rva, size, kind: 'function' });
    t.not(table.value.line(rva), null);
  }
});

import test, { type ExecutionContext } from 'ava';
import { parseCodeView } from '../../../fixer/pe/debug/codeview.js';
import { type SymbolTable, symbolsFromPdb } from '../../../fixer/pe/debug/symbols.js';
import { parseImage } from '../../../fixer/pe/image.js';
import { readobj } from '../../support/toolchain/readobj.js';
import { toolsReady } from '../../support/toolchain/tools.js';
import { architectures, bytesOf, linkImage, linkTools, removeFolders } from './linked-images.js';
import { pdbutilSummary, pdbutilSymbols, symbolize } from './pdb-oracle.js';

test.after.always(removeFolders);

/** The table as a caller makes it: identity from the image's own CodeView record. */
async function tableFor(t: ExecutionContext, image: string, pdb: string): Promise<SymbolTable> {
  const parsedImage = parseImage(await bytesOf(image));
  if (!parsedImage.ok) throw new Error(parsedImage.error.message);
  const codeView = parseCodeView(parsedImage.value);
  if (!codeView.ok || codeView.value === null) throw new Error('no CodeView record');
  const summary = await pdbutilSummary(pdb);
  t.is(`{${codeView.value.guid}}`, summary('GUID'));
  t.is(String(codeView.value.age), summary('Age'));
  t.is(codeView.value.pdbPath, pdb);
  const table = symbolsFromPdb(await bytesOf(pdb), codeView.value);
  if (!table.ok) throw new Error(table.error.message);
  return table.value;
}

for (const architecture of architectures) {
  for (const optimization of ['-O0', '-O1']) {
    const title = `${architecture} ${optimization}`;

    test(`${title}: every symbol that llvm-pdbutil lists is found by its rva`, async (t) => {
      if (!toolsReady(t, linkTools)) return;
      const linked = await linkImage(architecture, optimization);
      const table = await tableFor(t, linked.image, linked.pdb);
      const { sections } = await readobj(linked.image);
      const symbols = (await pdbutilSymbols(linked.pdb)).map((symbol) => ({
        ...symbol,
        rva: sections[symbol.section - 1]!.virtualAddress + symbol.offset,
      }));
      const functions = symbols.filter((symbol) => /^S_[GL]PROC32/.test(symbol.record));
      t.deepEqual([...new Set(functions.map((symbol) => symbol.name))].sort(), [
        ...['DriverEntry', 'local_step', 'n::c::m', 'shared_helper', 'twice'],
      ]);
      for (const { name, rva, size } of functions) {
        const expected = { name, rva, size, kind: 'function' } as const;
        for (const inside of [rva, rva + (size! >> 1), rva + size! - 1]) t.deepEqual(table.find(inside), expected);
        t.not(table.find(rva + size!)?.name, name, `${name} ends at its size`);
      }
      const data = symbols.filter((symbol) => /^S_[GL]DATA32$/.test(symbol.record));
      t.deepEqual([...new Set(data.map((symbol) => symbol.name.replace(/^local_step::/, '')))].sort(), [
        'calls',
        'counter',
        'n::hidden',
        'names',
        'packed_table',
        'shared_data',
      ]);
      for (const { name, rva } of data) {
        t.deepEqual(table.find(rva), { name, rva, size: null, kind: 'data' });
        t.is(table.find(rva + 3)?.name, name);
      }
      const publics = symbols.filter((symbol) => symbol.record === 'S_PUB32');
      t.true(publics.length >= 6);
      for (const { rva } of publics) t.is(table.find(rva)?.rva, rva);
      t.deepEqual(table.problems, []);
    });

    test(`${title}: names and lines of every byte of code agree with llvm-symbolizer`, async (t) => {
      if (!toolsReady(t, linkTools)) return;
      const linked = await linkImage(architecture, optimization);
      const table = await tableFor(t, linked.image, linked.pdb);
      const { sections } = await readobj(linked.image);
      const functions = (await pdbutilSymbols(linked.pdb)).filter((symbol) => symbol.size !== null);
      const rvas = functions.flatMap(({ section, offset, size }) =>
        Array.from({ length: size! }, (_, i) => sections[section - 1]!.virtualAddress + offset + i),
      );
      const answers = await symbolize(linked.image, rvas);
      t.true(new Set(answers.map((answer) => answer.line)).size >= 8, 'the oracle knows lines');
      rvas.forEach((rva, i) => {
        const { name, file, line } = answers[i]!;
        t.is(table.find(rva)?.name, name);
        t.deepEqual(table.line(rva), line === 0 ? null : { file, line }, `line of rva 0x${rva.toString(16)}`);
      });
    });
  }

  test(`${architecture}: a relocation across a page boundary is in the packed table`, async (t) => {
    if (!toolsReady(t, linkTools)) return;
    const linked = await linkImage(architecture);
    const table = await tableFor(t, linked.image, linked.pdb);
    const width = architecture === 'x86' ? 4 : 8;
    const { relocations } = await readobj(linked.image);
    const straddling = relocations.filter(({ type, address }) => {
      return type !== 'ABSOLUTE' && (address & 0xfff) + width > 0x1000;
    });
    t.true(straddling.length > 0, 'the fixture has what it is for');
    for (const { address } of straddling) {
      const found = table.find(address);
      t.is(found?.name, 'packed_table');
      t.is(table.line(address), null, 'data have no line');
    }
  });
}

test('outside every contribution there is no symbol', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const linked = await linkImage('x64');
  const table = await tableFor(t, linked.image, linked.pdb);
  const { sections } = await readobj(linked.image);
  const text = sections[0]!;
  for (const rva of [0, 0x400, text.virtualAddress + text.virtualSize, 0x7fffffff, 0xffffffff]) {
    t.is(table.find(rva), null);
    t.is(table.line(rva), null);
  }
});

test('a PDB of another build is an error that names both identities', async (t) => {
  if (!toolsReady(t, linkTools)) return;
  const linked = await linkImage('x64');
  const summary = await pdbutilSummary(linked.pdb);
  const guid = summary('GUID').slice(1, -1);
  const bytes = await bytesOf(linked.pdb);
  const other = { guid: '00112233-4455-6677-8899-AABBCCDDEEFF', age: 1 };
  for (const expected of [other, { guid, age: 2 }]) {
    const table = symbolsFromPdb(bytes, expected);
    t.false(table.ok);
    if (table.ok) continue;
    t.is(table.error.path, 'pdb.identity');
    t.true(table.error.message.includes(`${expected.guid} age ${expected.age}`));
    t.true(table.error.message.includes(`${guid} age 1`));
  }
  t.true(symbolsFromPdb(bytes, { guid: guid.toLowerCase(), age: 1 }).ok);
  t.true(symbolsFromPdb(bytes, null).ok);
});

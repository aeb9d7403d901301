/** The list of names that decides whether code is read at all is the catalogue's. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { ddis } from '../../fixer/code/ddi/catalogue.js';
import { needsCode } from '../../fixer/code/imported.js';
import { FINDERS, JUDGED_NAMES, mayNeedCode } from '../../fixer/code/judged-names.js';
import { buildCodeDriver, ENTER, LEAVE } from '../support/code/code-driver.js';
import { parsed } from '../support/code/engine.js';
import { committedSample } from '../support/toolchain/samples.js';

test('every DDI with a judged argument, and no other', (t) => {
  const names = ddis.filter(({ wdfIndex, judged }) => wdfIndex === undefined && judged.length > 0);
  t.deepEqual(JUDGED_NAMES.split(' ').sort(), names.map(({ name }) => name).sort());
});

test('where nothing may be needed, nothing is', async (t) => {
  const images = await Promise.all(
    (['x64', 'arm64', 'x86'] as const).map(async (arch) => parsed(await readFile(committedSample('clean', arch)))),
  );
  for (const name of [...JUDGED_NAMES.split(' '), ...FINDERS, 'IoCreateDevice', '_ExAllocatePool@8'])
    images.push(parsed(buildCodeDriver({ functions: [name], parts: [ENTER, LEAVE] }).bytes));
  // mov cr0, rax
  const control = buildCodeDriver({ functions: ['IoCreateDevice'], parts: [[0x0f, 0x22, 0xc0], [0xc3]] });
  t.true(mayNeedCode(parsed(control.bytes)));
  images.push(parsed(control.bytes));
  t.true(images.some((image) => !mayNeedCode(image)));
  for (const image of images) t.is(mayNeedCode(image), needsCode(image));
});

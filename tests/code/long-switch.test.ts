/** A switch of more cases than most have: the table is read to its end, and the calls of the last cases are judged. */
import test from 'ava';
import { factsOf } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

const CASES = 1700;
const cases = Array.from({ length: CASES }, (_, index) =>
  index % 850 === 849
    ? `case ${index}: return ExAllocatePoolWithTag(NonPagedPool, size, TAG);`
    : `case ${index}: size += Ask(${index}); break;`,
);
const source = `CASE(x)(ULONG choice, SIZE_T size) { switch (choice) { ${cases.join('\n')} } return (void *)size; }`;

for (const arch of ['x64', 'x86', 'arm64'] as const)
  test(`${arch}: a switch of ${CASES} cases`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const { calls } = factsOf(await smallDriver({ source, arch, level: 'O0' }));
    t.deepEqual(
      calls.map(({ outcome, values }) => [outcome, ...values]),
      [
        ['violation', 0],
        ['violation', 0],
      ],
    );
  });

import test from 'ava';
import { parseDecoration } from '../../../../plugin/packages/inf/decoration.js';

/** Builds: Microsoft's list of Windows releases. Before Windows 10 there is no memory integrity, so the first counts. */
const KNOWN = {
  '': [null, '1507'],
  NT: [null, '1507'],
  NTx86: ['x86', '1507'],
  ntAMD64: ['amd64', '1507'],
  'NTamd64.6.1': ['amd64', '1507'],
  'NTamd64.10.0': ['amd64', '1507'],
  'NTamd64.10.0...14393': ['amd64', '1607'],
  'NTamd64.10.0...16299': ['amd64', '1709'],
  'NTarm64.10.0.0x1..22621': ['arm64', '11-22H2'],
  'NTarm.10.0': ['arm', '1507'],
  'NT.10.0...15063': [null, '1703'],
  NTia64: ['ia64', '1507'],
} as const;

for (const [text, [machine, targetOs]] of Object.entries(KNOWN)) {
  test(`decoration "${text}"`, (t) => {
    t.deepEqual(parseDecoration(text), { machine, targetOs });
  });
}

test('no decorations', (t) => {
  for (const text of ['amd64', 'NTsparc', 'NTamd64 10', 'NT.x.y.z.a.b.c', 'Services'])
    t.is(parseDecoration(text), null);
});

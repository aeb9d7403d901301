import test from 'ava';
import { memoryIntegrityIn, optionsIn } from '../../../plugin/status/options.js';

test('a machine with memory integrity on, as Microsoft documents the bits', (t) => {
  // 0x2401: ENABLED, HVCI_KMCI_ENABLED, HVCI_IUM_ENABLED
  t.deepEqual(
    optionsIn(0x2401).map(({ bit, name }) => [bit, name]),
    [
      [0x1, 'CODEINTEGRITY_OPTION_ENABLED'],
      [0x400, 'CODEINTEGRITY_OPTION_HVCI_KMCI_ENABLED'],
      [0x2000, 'CODEINTEGRITY_OPTION_HVCI_IUM_ENABLED'],
    ],
  );
  t.deepEqual(memoryIntegrityIn(0x2401), { on: true, strictMode: false, auditMode: false });
});

test('audit mode may be set without memory integrity; strict mode is a bit of its own', (t) => {
  t.deepEqual(memoryIntegrityIn(0x801), { on: false, strictMode: false, auditMode: true });
  t.deepEqual(memoryIntegrityIn(0x1400), { on: true, strictMode: true, auditMode: false });
});

test('bits of a future Windows are shown, not dropped', (t) => {
  t.deepEqual(
    optionsIn(0x80010000).map(({ name }) => name),
    ['0x10000', '0x80000000'],
  );
  t.is(optionsIn(0xffffffff).length, 32);
  t.deepEqual(optionsIn(0), []);
});

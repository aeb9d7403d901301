/** Interfaces whose calls no import shows: said where the driver uses one, and nowhere else. */
import test from 'ava';
import { buildCodeDriver, type CodeDriver, ENTER, ecx, edx, LEAVE, r8d } from '../support/code/code-driver.js';
import { factsOf } from '../support/code/engine.js';

/** portcls.h: DEFINE_GUID(CLSID_PortWavePci, 0xb4c90a54L, 0x5791, 0x11d0, 0x86, 0xf9, 0x00, 0xa0, 0xc9, 0x11, 0xb5, 0x44). */
const guid = Buffer.from('540ac9b49157d01186f900a0c911b544', 'hex');
const otherPort = Buffer.from('2a0ac9b49157d01186f900a0c911b544', 'hex');
const device = Buffer.from('\\Device\\DxgKrnl\0', 'utf16le');

const driver = (imports: readonly string[], data: Uint8Array): CodeDriver => ({
  functions: ['ExAllocatePoolWithTag', ...imports],
  parts: [ENTER, ecx(512), edx(16), r8d(1), { call: 'ExAllocatePoolWithTag' }, LEAVE, [...data]],
});
const notes = (imports: readonly string[], data: Uint8Array): readonly string[] =>
  factsOf(buildCodeDriver(driver(imports, data)).bytes).coverage.notes;

test('a driver that makes a PortWavePci', (t) => {
  t.regex(notes(['PcNewPort'], guid).join('\n'), /^calls of IPortWavePci::NewMasterDmaChannel .* not examined/);
});

test('a display driver that opens DxgKrnl', (t) => {
  t.regex(notes(['IoGetDeviceObjectPointer'], device).join('\n'), /^calls of DxgkCbMapMemory .* not examined/);
});

test('neither: another port, the bytes without the import, the import without the bytes', (t) => {
  t.deepEqual(notes(['PcNewPort'], otherPort), []);
  t.deepEqual(notes([], guid), []);
  t.deepEqual(notes(['PcNewPort', 'IoGetDeviceObjectPointer'], Buffer.alloc(16)), []);
  t.deepEqual(notes([], device), []);
});

/**
 * DDIs of Microsoft's lists that a driver reaches through an interface it is handed: no import names them, and the slot of
 * an unknown object tells nothing. What can be told is that the driver uses the interface. Source: portcls.h
 * (CLSID_PortWavePci), dispmprt.h (DXGKRNL_INTERFACE, which displib.lib asks \Device\DxgKrnl for).
 */
import type { Image } from '../pe/image.js';
import { findBytes, findWideString } from './framework.js';
import type { Imported } from './imported.js';

/** CLSID_PortWavePci, {b4c90a54-5791-11d0-86f9-00a0c911b544}, as it lies in memory. */
const PORT_WAVE_PCI = [0x54, 0x0a, 0xc9, 0xb4, 0x91, 0x57, 0xd0, 0x11, 0x86, 0xf9, 0x00, 0xa0, 0xc9, 0x11, 0xb5, 0x44];

/** What of the driver's calls cannot be seen. */
export function interfaceNotes(image: Image, { names }: Imported): string[] {
  const imported = new Set(names.values());
  const notes: string[] = [];
  if (imported.has('PcNewPort') && findBytes(image, PORT_WAVE_PCI) !== null)
    notes.push(
      'calls of IPortWavePci::NewMasterDmaChannel go through an interface and are not examined: its PoolType must be NonPagedPoolNx',
    );
  if (imported.has('IoGetDeviceObjectPointer') && findWideString(image, '\\Device\\DxgKrnl') !== null)
    notes.push('calls of DxgkCbMapMemory go through DXGKRNL_INTERFACE and are not examined');
  return notes;
}

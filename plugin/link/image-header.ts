/** A look at the first bytes of what was linked, so that the engine is loaded for drivers only. */
import { closeSync, openSync, readSync } from 'node:fs';

const IMAGE_SUBSYSTEM_NATIVE = 1;

/** `missing`: cannot be read either. `no-image`: not MZ and PE. */
export type LinkedKind = 'native' | 'other-subsystem' | 'no-image' | 'missing';

/** Offsets: winnt.h, IMAGE_DOS_HEADER.e_lfanew and IMAGE_OPTIONAL_HEADER.Subsystem (the same in PE32 and PE32+). */
export function kindOfLinked(path: string): LinkedKind {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return 'missing';
  }
  try {
    const dosHeader = Buffer.alloc(64);
    if (readSync(descriptor, dosHeader, 0, 64, 0) < 64 || dosHeader.toString('latin1', 0, 2) !== 'MZ')
      return 'no-image';
    const ntHeaders = Buffer.alloc(24 + 70);
    const read = readSync(descriptor, ntHeaders, 0, ntHeaders.length, dosHeader.readUInt32LE(0x3c));
    if (read < ntHeaders.length || ntHeaders.toString('latin1', 0, 4) !== 'PE\0\0') return 'no-image';
    return ntHeaders.readUInt16LE(24 + 68) === IMAGE_SUBSYSTEM_NATIVE ? 'native' : 'other-subsystem';
  } catch {
    return 'missing';
  } finally {
    closeSync(descriptor);
  }
}

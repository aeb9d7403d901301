/** Machines by the names that reports use, and which of them can have memory integrity. */
import {
  IMAGE_FILE_MACHINE_AMD64,
  IMAGE_FILE_MACHINE_ARM,
  IMAGE_FILE_MACHINE_ARM64,
  IMAGE_FILE_MACHINE_ARMNT,
  IMAGE_FILE_MACHINE_I386,
  IMAGE_FILE_MACHINE_IA64,
  IMAGE_FILE_MACHINE_THUMB,
} from './winnt.js';

export type Machine = 'x64' | 'x86' | 'arm64' | 'arm' | 'ia64' | 'unknown';

export function machineOf(fileHeaderMachine: number): Machine {
  switch (fileHeaderMachine) {
    case IMAGE_FILE_MACHINE_AMD64:
      return 'x64';
    case IMAGE_FILE_MACHINE_I386:
      return 'x86';
    case IMAGE_FILE_MACHINE_ARM64:
      return 'arm64';
    case IMAGE_FILE_MACHINE_ARM:
    case IMAGE_FILE_MACHINE_THUMB:
    case IMAGE_FILE_MACHINE_ARMNT:
      return 'arm';
    case IMAGE_FILE_MACHINE_IA64:
      return 'ia64';
    default:
      return 'unknown';
  }
}

/**
 * Memory integrity exists on 64-bit Windows for x64 and ARM64 alone. An unknown machine is not let off: nothing is
 * known about it, so nothing is forgiven.
 */
export const hasMemoryIntegrity = (machine: Machine): boolean =>
  machine !== 'x86' && machine !== 'arm' && machine !== 'ia64';

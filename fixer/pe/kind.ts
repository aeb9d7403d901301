/** What an image is for: only kernel-mode images are subject to memory integrity (design.md, "The JSON report"). */
import type { Image } from './image.js';
import { IMAGE_SUBSYSTEM_EFI_APPLICATION, IMAGE_SUBSYSTEM_EFI_ROM, IMAGE_SUBSYSTEM_NATIVE } from './winnt.js';

export type ImageKind = 'driver' | 'native-application' | 'user-mode' | 'efi';

/**
 * A driver is an image that imports from the kernel, whatever its subsystem, or one of subsystem NATIVE that is neither
 * a native application (imports ntdll.dll) nor without code (no entry point, no imports: a keyboard layout).
 * Imports that cannot be parsed excuse nothing: a NATIVE image then counts as a driver.
 */
export function kindOf(image: Image): ImageKind {
  const { subsystem, addressOfEntryPoint } = image.optionalHeader;
  const imports = image.imports;
  const libraries = imports.ok ? (imports.value?.descriptors.map(({ library }) => library.toLowerCase()) ?? []) : [];
  if (libraries.some(isKernelModule)) return 'driver';
  if (subsystem >= IMAGE_SUBSYSTEM_EFI_APPLICATION && subsystem <= IMAGE_SUBSYSTEM_EFI_ROM) return 'efi';
  if (subsystem !== IMAGE_SUBSYSTEM_NATIVE) return 'user-mode';
  if (libraries.includes('ntdll.dll')) return 'native-application';
  return imports.ok && libraries.length === 0 && addressOfEntryPoint === 0 ? 'user-mode' : 'driver';
}

const isKernelModule = (library: string): boolean =>
  library.endsWith('.sys') ||
  library === 'ntoskrnl.exe' ||
  library === 'hal.dll' ||
  library.startsWith('ext-ms-win-ntos-');

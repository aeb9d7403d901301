/**
 * Whether an image may have something to judge, told by names and by signs of packing and of writes to its own code: the catalogue and
 * all that reads code is loaded only for those that may. `tests/code/judged-names.test.ts` compares the names with the
 * catalogue's.
 */
import type { Image } from '../pe/image.js';
import { importedFunctions } from '../pe/imports.js';
import { packingSign } from './packing.js';
import { mayWriteOwnCode } from './self-writing.js';

export const JUDGED_NAMES =
  'ChangerClassAllocatePool ClfsCreateMarshallingArea ExAllocateCacheAwareRundownProtection ExAllocatePool ExAllocatePool2 ExAllocatePool3 ExAllocatePoolWithQuota ExAllocatePoolWithQuotaTag ExAllocatePoolWithTag ExAllocatePoolWithTagPriority ExInitializeLookasideListEx ExInitializeNPagedLookasideList FltAllocateContext FltAllocatePoolAlignedWithTag MmAllocateContiguousNodeMemory MmCreateSection MmMapIoSpaceEx MmMapLockedPagesSpecifyCache MmMapViewOfSection MmProtectMdlSystemAddress NtCreateSection NtMapViewOfSection PcNewDmaChannel PcNewResourceList PcNewResourceSublist StorPortExtendedFunction VideoPortAllocatePool ZwAllocateVirtualMemory ZwCreateSection ZwMapViewOfSection ZwProtectVirtualMemory ZwSetSystemInformation';

/** Functions of Windows that find others by name. */
export const FINDERS: readonly string[] = [
  'MmGetSystemRoutineAddress',
  'RtlFindExportedRoutineByName',
  'FltGetRoutineAddress',
  'NdisGetRoutineAddress',
];

/** True where `needsCode` may be; false is certain. */
export function mayNeedCode(image: Image): boolean {
  const { imports } = image;
  if (!imports.ok || mayWriteOwnCode(image) || packingSign(image) !== null) return true;
  const names = new Set([...JUDGED_NAMES.split(' '), ...FINDERS]);
  return (imports.value?.descriptors ?? []).some((descriptor) => {
    if (descriptor.library.toLowerCase() === 'wdfldr.sys') return true;
    const functions = importedFunctions(image, descriptor);
    // `_Name@8` as some x86 import libraries keep it.
    return !functions.ok || functions.value.some(({ name }) => name !== null && names.has(plain(name)));
  });
}

const plain = (name: string): string => (name.includes('@') ? name.replace(/^_?(\w+?)@\d+$/, '$1') : name);

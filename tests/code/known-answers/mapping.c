/* Page protections, mappings, sections; arguments on the stack. */
#include "ddis.h"

ULONG madeData = PAGE_EXECUTE_READWRITE;

NTSTATUS NTAPI DriverEntry(void *driver, void *path) {
  madeData = PAGE_READWRITE;
  return driver == path;
}

/* Of protections there is no opt-in: it is executable until somebody has run. */
/* expect: conditional 4 64 */
CASE(io_space_made_data)(PHYSICAL_ADDRESS address, SIZE_T size) { return MmMapIoSpaceEx(address, size, madeData); }

/* expect: violation 16 */
CASE(map)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, NormalPagePriority); }
/* expect: ok 1073741840 */
CASE(map_nx)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, NormalPagePriority | MdlMappingNoExecute); }
/* expect: user-mode 16 */
CASE(map_user)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, UserMode, 1, 0, 0, NormalPagePriority); }
/* expect: violation 32 */
CASE(map_high)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 0, 0, 1, HighPagePriority); }
/* expect: violation 0 */
CASE(map_low)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, 0); }
/* expect: undetermined */
CASE(map_unknown_mode)(MDL *mdl, ULONG a) { return MmMapLockedPagesSpecifyCache(mdl, (CCHAR)Ask(a), 1, 0, 0, NormalPagePriority); }
/* expect: ok */
CASE(map_unknown_priority_nx)(MDL *mdl, ULONG a) {
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, Ask(a) | MdlMappingNoExecute);
}
/* expect: conditional 16 1073741840 */
CASE(map_conditional)(MDL *mdl, ULONG a) {
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, NormalPagePriority | (Ask(a) ? MdlMappingNoExecute : 0));
}
static inline void *systemAddress(MDL *mdl, ULONG priority) {
  if (mdl->MdlFlags & 5) return mdl->MappedSystemVa;
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, priority);
}
/* expect: violation 16 */
CASE(system_address)(MDL *mdl) {
  void *address = systemAddress(mdl, NormalPagePriority);
  if (address) Consume(address);
  return address;
}
/* expect: ok 1073741840 */
CASE(system_address_nx)(MDL *mdl) {
  void *address = systemAddress(mdl, NormalPagePriority | MdlMappingNoExecute);
  if (address) Consume(address);
  return address;
}
static NOINLINE void *mapWrapper(MDL *mdl, CCHAR mode, ULONG priority) {
  void *address = MmMapLockedPagesSpecifyCache(mdl, mode, 1, 0, 0, priority);
  Consume(address);
  return address;
}
/* expect: violation 16 */
CASE(map_wrapper_kernel)(MDL *mdl) { return (UCHAR *)mapWrapper(mdl, KernelMode, NormalPagePriority) + 1; }
/* expect: user-mode 16 */
CASE(map_wrapper_user)(MDL *mdl) { return (UCHAR *)mapWrapper(mdl, UserMode, NormalPagePriority) + 2; }

/* expect: violation 64 */
CASE(io_space)(PHYSICAL_ADDRESS address, SIZE_T size) { return MmMapIoSpaceEx(address, size, PAGE_EXECUTE_READWRITE); }
/* expect: ok 516 */
CASE(io_space_data)(PHYSICAL_ADDRESS address, SIZE_T size) { return MmMapIoSpaceEx(address, size, PAGE_READWRITE | PAGE_NOCACHE); }
/* expect: violation 576 */
CASE(io_space_flags)(PHYSICAL_ADDRESS address, SIZE_T size) { return MmMapIoSpaceEx(address, size, PAGE_EXECUTE_READWRITE | PAGE_NOCACHE); }
/* expect: violation 64 */
CASE(contiguous)(SIZE_T size) { return MmAllocateContiguousNodeMemory(size, 0, -1, 0, PAGE_EXECUTE_READWRITE, 0x80000000); }
/* expect: ok 4 */
CASE(contiguous_data)(SIZE_T size) { return MmAllocateContiguousNodeMemory(size, 0, -1, 0, PAGE_READWRITE, 0x80000000); }
/* expect: violation 32 */
CASE(protect)(MDL *mdl) { return (void *)(ULONG_PTR)MmProtectMdlSystemAddress(mdl, PAGE_EXECUTE_READ); }
/* expect: ok 2 */
CASE(protect_data)(MDL *mdl) { return (void *)(ULONG_PTR)MmProtectMdlSystemAddress(mdl, PAGE_READONLY); }

/* expect: ok 4, ok 983047, ok 134217728 */
CASE(section)(HANDLE *section, void *size) {
  return (void *)(ULONG_PTR)ZwCreateSection(section, 0xF0007, 0, size, PAGE_READWRITE, 0x8000000, 0);
}
/* expect: violation 64, violation 983055, ok 134217728 */
CASE(section_execute)(HANDLE *section, void *size) {
  return (void *)(ULONG_PTR)ZwCreateSection(section, 0xF000F, 0, size, PAGE_EXECUTE_READWRITE, 0x8000000, 0);
}
/* expect: violation 32, violation 8, violation 16777216 */
CASE(section_image)(HANDLE *section, HANDLE file) {
  return (void *)(ULONG_PTR)ZwCreateSection(section, 8, 0, 0, PAGE_EXECUTE_READ, 0x1000000, file);
}
/* expect: ok 4 */
CASE(view)(HANDLE section, PVOID *base, SIZE_T *size) {
  return (void *)(ULONG_PTR)ZwMapViewOfSection(section, (HANDLE)(ULONG_PTR)-1, base, 0, 0, 0, size, 1, 0, PAGE_READWRITE);
}
/* expect: violation 64 */
CASE(view_execute)(HANDLE section, PVOID *base, SIZE_T *size) {
  return (void *)(ULONG_PTR)ZwMapViewOfSection(section, (HANDLE)(ULONG_PTR)-1, base, 0, 0, 0, size, 1, 0, PAGE_EXECUTE_READWRITE);
}
/* expect: conditional 4 64 */
CASE(view_conditional)(HANDLE section, PVOID *base, SIZE_T *size) {
  ULONG protect = Ask(5) ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
  return (void *)(ULONG_PTR)ZwMapViewOfSection(section, (HANDLE)(ULONG_PTR)-1, base, 0, 0, 0, size, 1, 0, protect);
}
/* expect: violation 64 */
CASE(virtual_memory)(PVOID *base, SIZE_T *size) {
  return (void *)(ULONG_PTR)ZwAllocateVirtualMemory((HANDLE)(ULONG_PTR)-1, base, 0, size, 0x1000, PAGE_EXECUTE_READWRITE);
}

/* One call may reach two functions, of which each has arguments that the other cannot have. */
/* expect: ok 516, ok 4, violation 64 or conditional 4 64 516 */
CASE(mapped_either)(ULONG a, SIZE_T size, PHYSICAL_ADDRESS address) {
  void *mapped;
  switch (Ask(a)) {
  case 0: mapped = MmMapIoSpaceEx(address, size, PAGE_READWRITE | PAGE_NOCACHE); break;
  case 1: mapped = MmMapIoSpaceEx(address, size, PAGE_READWRITE); break;
  case 2: mapped = MmMapIoSpaceEx(address, size, PAGE_EXECUTE_READWRITE); break;
  default: mapped = MmMapIoSpace(address, size, 0); break;
  }
  if (mapped != 0) Consume(mapped);
  return mapped;
}

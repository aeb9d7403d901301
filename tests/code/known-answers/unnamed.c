/* Functions that nothing calls and nothing points to, one behind the other. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

/* expect in plain: violation 0 */
NOINLINE void *plain(SIZE_T size) { return ExAllocatePoolWithTag(NonPagedPool, size, TAG); }
/* expect in safe: ok 512 */
NOINLINE void *safe(SIZE_T size) { return ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG); }
/* expect in both: violation 0, ok 1 */
NOINLINE void *both(SIZE_T size, void **other) {
  *other = ExAllocatePoolWithTag(PagedPool, size, TAG);
  return ExAllocatePoolWithTag(NonPagedPool, size, TAG);
}
/* A block behind a return, to which only a jump leads. */
/* expect in looped: violation 4, ok 512 */
NOINLINE void *looped(SIZE_T size, ULONG count) {
  for (ULONG index = 0; Ask(index) != count; index++) {
    void *memory = ExAllocatePoolWithTag(NonPagedPoolCacheAligned, size, TAG);
    if (memory) return memory;
  }
  return ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
}
/* expect in last: violation 16 */
NOINLINE void *last(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, NormalPagePriority); }
/* expect in switched: ok 1, violation 16, ok 528, violation 0, violation 4 */
NOINLINE void *switched(SIZE_T size, ULONG which) {
  void *memory = 0;
  switch (Ask(which)) {
    case 0: memory = ExAllocatePoolWithTag(PagedPool, size, TAG); Consume("0"); return memory;
    case 1: memory = ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPool | POOL_RAISE), size, TAG); Consume("10"); return memory;
    case 2: memory = ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPoolNx | POOL_RAISE), size, TAG); Consume("200"); return memory;
    case 3: memory = ExAllocatePoolWithTag(NonPagedPool, size, TAG); Consume("3000"); return memory;
    case 4: Consume("40000"); return ExAllocatePoolWithTag(NonPagedPoolCacheAligned, size, TAG);
    default: return 0;
  }
}

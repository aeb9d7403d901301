/* Constants and what compilers make of them. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

/* expect: violation 0 */
CASE(plain)(SIZE_T size) { return ExAllocatePoolWithTag(NonPagedPool, size, TAG); }
/* expect: ok 512 */
CASE(nx)(SIZE_T size) { return ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG); }
/* expect: ok 1 */
CASE(paged)(SIZE_T size) { return ExAllocatePoolWithTag(PagedPool, size, TAG); }
/* expect: violation 4 */
CASE(cache_aligned)(SIZE_T size) { return ExAllocatePoolWithTag(NonPagedPoolCacheAligned, size, TAG); }
/* expect: ok 516 */
CASE(cache_aligned_nx)(SIZE_T size) { return ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, size, TAG); }
/* expect: violation 1024 */
CASE(zeroed)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPool | POOL_ZERO), size, TAG); }
/* expect: ok 1536 */
CASE(zeroed_nx)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPoolNx | POOL_ZERO), size, TAG); }
/* expect: violation 272 */
CASE(cold_and_raise)(SIZE_T size) { return ExAllocatePoolWithQuotaTag((POOL_TYPE)(NonPagedPool | POOL_COLD | POOL_RAISE), size, TAG); }
/* expect: violation 0 */
CASE(without_tag)(SIZE_T size) { return ExAllocatePool(NonPagedPool, size); }
/* expect: ok 64 */
CASE(flags)(SIZE_T size) { return ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG); }
/* expect: violation 128 */
CASE(flags_execute)(SIZE_T size) { return ExAllocatePool2(POOL_FLAG_NON_PAGED_EXECUTE, size, TAG); }
/* expect: ok 256 */
CASE(flags_paged)(SIZE_T size) { return ExAllocatePool2(POOL_FLAG_PAGED, size, TAG); }

/* expect: violation 0 */
CASE(variable)(SIZE_T size) {
  POOL_TYPE type = NonPagedPool;
  ULONG tag = TAG;
  if (size > 4096) tag = 'giBB';
  return ExAllocatePoolWithTag(type, size, tag);
}
/* expect: ok 512 */
CASE(variable_changed)(SIZE_T size) {
  POOL_TYPE type = NonPagedPool;
  Ask(1);
  type = NonPagedPoolNx;
  return ExAllocatePoolWithTag(type, size, TAG);
}
/* expect: ok 512 */
CASE(or_constant)(SIZE_T size) {
  volatile ULONG flags = POOL_NX;
  ULONG type = NonPagedPool | POOL_NX;
  return (void *)((ULONG_PTR)ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG) + flags);
}
/* expect: ok */
CASE(or_unknown_with_nx)(ULONG other, SIZE_T size) {
  return ExAllocatePoolWithTag((POOL_TYPE)(Ask(other) | POOL_NX), size, TAG);
}
/* expect: undetermined */
CASE(unknown)(ULONG other, SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)Ask(other), size, TAG); }
/* expect: undetermined */
CASE(or_unknown)(ULONG other, SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)(Ask(other) | POOL_COLD), size, TAG); }
/* expect: undetermined */
CASE(masked_unknown)(ULONG other, SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)(Ask(other) & POOL_NX), size, TAG); }

static const POOL_TYPE types[4] = {NonPagedPoolNx, NonPagedPoolNx, NonPagedPool, PagedPool};
/* expect: conditional 0 1 512 */
CASE(table)(ULONG which, SIZE_T size) { return ExAllocatePoolWithTag(types[which & 3], size, TAG); }
/* expect: violation 0, ok 512 */
CASE(two_calls)(SIZE_T size) {
  void *first = ExAllocatePoolWithTag(NonPagedPool, size, TAG);
  void *second = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
  return first ? first : second;
}
/* expect: violation 0, violation 0 */
CASE(same_after_call)(SIZE_T size) {
  POOL_TYPE type = NonPagedPool;
  void *first = ExAllocatePoolWithTag(type, size, TAG);
  ExFreePoolWithTag(first, TAG);
  return ExAllocatePoolWithTag(type, size, TAG);
}
/* expect: violation 0 */
CASE(lookaside)(void *list) {
  ExInitializeNPagedLookasideList(list, 0, 0, 0, 64, TAG, 0);
  return list;
}
/* expect: ok 512 */
CASE(lookaside_nx)(void *list) {
  ExInitializeNPagedLookasideList(list, 0, 0, POOL_NX, 64, TAG, 0);
  return list;
}
/* expect: violation 16 */
CASE(lookaside_raise)(void *list) {
  ExInitializeNPagedLookasideList(list, 0, 0, POOL_RAISE, 64, TAG, 0);
  return list;
}

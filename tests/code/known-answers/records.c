/* Structures that are found from the address of a member, by a callee or here, and arrays that are filled from their end. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

/* On x86 an index of -1 is 0xffffffff. */
/* expect: undetermined or ok 512 */
CASE(one_before)(SIZE_T size) {
  volatile ULONG types[4];
  volatile int index = -1;
  types[1] = NonPagedPool;
  (types + 2)[index] = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)types[1], size, TAG);
}
static NOINLINE void fillBefore(ULONG *end, ULONG count) {
  while (count--) *--end = NonPagedPoolNx;
}
/* expect: undetermined or ok 512 */
CASE(filled_by_callee_from_the_end)(SIZE_T size) {
  ULONG types[4];
  types[0] = types[1] = types[2] = types[3] = NonPagedPool;
  fillBefore(types + 4, 4);
  return ExAllocatePoolWithTag((POOL_TYPE)types[1], size, TAG);
}

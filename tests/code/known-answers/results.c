/* Arguments that a function of the driver returns. */
#include "ddis.h"

/* As in another source file: the compiler takes nothing of it into its callers. */
#define GETTER __attribute__((weak)) NOINLINE

GETTER POOL_TYPE plainType(void) { return NonPagedPool; }
/* expect: violation 0 */
CASE(getter)(SIZE_T size) { return ExAllocatePoolWithTag(plainType(), size, TAG); }

GETTER POOL_TYPE nxType(void) { return NonPagedPoolNx; }
/* expect: ok 512 */
CASE(getter_nx)(SIZE_T size) { return ExAllocatePoolWithTag(nxType(), size, TAG); }

GETTER POOL_TYPE eitherType(void) {
  if (Ask(1)) return NonPagedPoolNx;
  return NonPagedPool;
}
/* expect: conditional 0 512 */
CASE(getter_conditional)(SIZE_T size) { return ExAllocatePoolWithTag(eitherType(), size, TAG); }

GETTER POOL_TYPE typeFor(BOOLEAN executable) { return executable ? NonPagedPool : NonPagedPoolNx; }
/* expect: violation 0 */
CASE(getter_executable)(SIZE_T size) { return ExAllocatePoolWithTag(typeFor(1), size, TAG); }
/* expect: ok 512 */
CASE(getter_not_executable)(SIZE_T size) { return ExAllocatePoolWithTag(typeFor(0), size, TAG); }
/* expect: conditional 0 512 */
CASE(getter_asked)(SIZE_T size) { return ExAllocatePoolWithTag(typeFor(Ask(2) != 0), size, TAG); }

GETTER ULONG withZero(ULONG type) { return type | POOL_ZERO; }
/* expect: violation 1024 */
CASE(getter_of_argument)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)withZero(NonPagedPool), size, TAG); }
/* expect: ok 1536 */
CASE(getter_of_argument_nx)(SIZE_T size) {
  return ExAllocatePoolWithTag((POOL_TYPE)withZero(NonPagedPoolNx), size, TAG);
}
/* expect: ok 1536 */
CASE(getter_of_getter)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)withZero(nxType()), size, TAG); }

GETTER POOL_TYPE passedOn(void) {
  POOL_TYPE type = plainType();
  Consume(&pointer_getter);
  return type;
}
/* expect: violation 0 */
CASE(getter_through_another)(SIZE_T size) { return ExAllocatePoolWithTag(passedOn(), size, TAG); }

GETTER void fill(ULONG *type) { *type = Ask(3); }
GETTER POOL_TYPE filledType(void) {
  ULONG type = NonPagedPool;
  fill(&type);
  return (POOL_TYPE)type;
}
/* expect: undetermined */
CASE(getter_filled_by_another)(SIZE_T size) { return ExAllocatePoolWithTag(filledType(), size, TAG); }

GETTER POOL_TYPE endless(ULONG depth) { return depth == 0 ? NonPagedPool : (POOL_TYPE)(endless(depth - 1) + 0 * Ask(4)); }
/* expect: undetermined or violation 0 */
CASE(getter_of_itself)(SIZE_T size) { return ExAllocatePoolWithTag(endless(Ask(5)), size, TAG); }

static NOINLINE void *allocate(SIZE_T size, POOL_TYPE type) {
  void *memory = ExAllocatePoolWithTag(type, size, TAG);
  if (memory) Consume(memory);
  return memory;
}
/* expect: violation 0 */
CASE(getter_for_wrapper)(SIZE_T size) { return (UCHAR *)allocate(size, plainType()) + 1; }
/* expect: ok 512 */
CASE(getter_nx_for_wrapper)(SIZE_T size) { return (UCHAR *)allocate(size, nxType()) + 2; }

/* expect: ok 512 or conditional 0 512 */
CASE(getter_mended)(SIZE_T size) {
  POOL_TYPE type = plainType();
  if (type == NonPagedPool) type = NonPagedPoolNx;
  return ExAllocatePoolWithTag(type, size, TAG);
}

ULONG chosenOnce = NonPagedPoolNx;
/* expect: conditional 0 512 */
CASE(getter_into_variable)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)chosenOnce, size, TAG); }

NTSTATUS NTAPI DriverEntry(void *driver, void *path) {
  chosenOnce = plainType();
  return driver == path;
}

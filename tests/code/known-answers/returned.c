/* What a function of the driver returns, and what is compared with it or passed to it. */
#include "ddis.h"

/* As in another source file: the compiler takes nothing of it into its callers. */
#define GETTER __attribute__((weak)) NOINLINE

GETTER POOL_TYPE plainType(void) { return NonPagedPool; }
GETTER ULONG withZero(ULONG type) { return type | POOL_ZERO; }

/* What is returned is compared: what does not come to the call is not passed there. */
/* expect: ok 512 */
CASE(getter_compared)(SIZE_T size) {
  POOL_TYPE type = plainType();
  if (type != NonPagedPool) {
    Ask(8);
    return ExAllocatePoolWithTag(type, size, TAG);
  }
  Ask(9);
  return (UCHAR *)ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG) + 1;
}
/* expect: violation 0 */
CASE(getter_compared_in_vain)(SIZE_T size) {
  POOL_TYPE type = plainType();
  if (type == NonPagedPoolNx) {
    Ask(10);
    return 0;
  }
  return ExAllocatePoolWithTag(type, size, TAG);
}

/* What the getter is given lies in a structure that a callee finds around the address of another member. */
struct request { ULONG before[4], type, between[3], member[4]; };
GETTER void setType(ULONG *member) { ((struct request *)((UCHAR *)member - 32))->type = Ask(6); }
GETTER void setMember(ULONG *member) { member[0] = Ask(7); }
/* expect: undetermined */
CASE(getter_of_changed_argument)(SIZE_T size) {
  struct request request;
  request.type = NonPagedPool;
  setType(request.member);
  return ExAllocatePoolWithTag((POOL_TYPE)withZero(request.type), size, TAG);
}
/* expect: violation 1024 */
CASE(getter_of_kept_argument)(SIZE_T size) {
  struct request request;
  request.type = NonPagedPool;
  setMember(request.member);
  return ExAllocatePoolWithTag((POOL_TYPE)withZero(request.type), size, TAG);
}

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

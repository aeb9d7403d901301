/* A callee that is given the address of a member changes another one, whose value is then kept, compared or returned. */
#include "ddis.h"
#include "request.h"

static NOINLINE void fixRequest(volatile LIST_ENTRY *entry) {
  struct request *request = CONTAINING_RECORD(entry, struct request, Entry);
  request->Type = NonPagedPoolNx;
  request->Depth = 7;
}

volatile ULONG kept = NonPagedPool;
NTSTATUS NTAPI DriverEntry(void *driver, void *path) {
  volatile struct request request;
  request.Type = NonPagedPoolCacheAligned;
  Ask(1);
  fixRequest(&request.Entry);
  kept = request.Type;
  return driver == path;
}
/* What is stored to the variable is what the callee wrote. */
/* expect: undetermined or opt-in 0 512 */
CASE(kept_in_variable)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)kept, size, TAG); }

static NOINLINE void *allocateOf(ULONG type, SIZE_T size) {
  volatile struct request request;
  request.Type = type;
  Ask(1);
  fixRequest(&request.Entry);
  return (UCHAR *)ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG) + 1;
}
/* expect in allocateOf: undetermined or none */
/* expect: undetermined or ok 512 or none */
CASE(argument_in_member)(SIZE_T size) { return (UCHAR *)allocateOf(NonPagedPool, size) + 1; }

/* Only with what its caller passes is it known what the member held. */
static NOINLINE void *allocateTimes(ULONG type, SIZE_T size) {
  volatile struct request request;
  request.Type = type * 4;
  Ask(2);
  fixRequest(&request.Entry);
  return (UCHAR *)ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG) + 1;
}
/* expect in allocateTimes: undetermined or none */
/* expect: undetermined or ok 512 or none */
CASE(made_of_argument)(SIZE_T size) { return (UCHAR *)allocateTimes(1, size) + 1; }

static NOINLINE ULONG typeOf(ULONG type) {
  volatile struct request request;
  request.Type = type * 4;
  Ask(3);
  fixRequest(&request.Entry);
  return request.Type;
}
/* expect: undetermined or ok 512 */
CASE(returned)(SIZE_T size) { return (UCHAR *)ExAllocatePoolWithTag((POOL_TYPE)typeOf(1), size, TAG) + 1; }

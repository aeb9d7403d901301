/* Structures that are found from the address of a member, by a callee or here, and arrays that are filled from their end. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

struct link {
  struct link *next;
};
struct record {
  ULONG type;
  struct link link;
};
#define RECORD(address) ((struct record *)((UCHAR *)(address) - __builtin_offsetof(struct record, link)))

static NOINLINE struct record *recordOf(struct link *link) { return RECORD(link); }
/* expect: undetermined or ok 512 */
CASE(record_by_helper)(SIZE_T size) {
  volatile struct record record;
  record.type = NonPagedPool;
  recordOf((struct link *)&record.link)->type = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)record.type, size, TAG);
}
static NOINLINE void *before(void *address, SIZE_T distance) { return (UCHAR *)address - distance; }
/* expect: undetermined or ok 512 */
CASE(record_by_distance)(SIZE_T size) {
  volatile struct record record;
  record.type = NonPagedPool;
  ((struct record *)before((void *)&record.link, __builtin_offsetof(struct record, link)))->type = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)record.type, size, TAG);
}
/* Windows is given the list, and it is read again: where it leads to, nobody knows. */
/* expect: undetermined or ok 512 */
CASE(record_of_list)(SIZE_T size) {
  volatile struct record record;
  record.type = NonPagedPool;
  record.link.next = (struct link *)&record.link;
  Consume((void *)&record.link);
  RECORD(record.link.next)->type = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)record.type, size, TAG);
}
/* This one gives it back as it is. */
static NOINLINE struct record *same(struct record *record) {
  Ask(record->type);
  return record;
}
/* expect: violation 0 or undetermined */
CASE(same_record)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  struct record record = {0};
  same(&record)->type = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}

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

/* One of several values, by a flag of a structure or a number that is checked: compilers compute it or read a table. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

struct options {
  ULONG size, flags, kind;
};
#define ALLOCATE(type) ExAllocatePoolWithTag((POOL_TYPE)(type), options->size, TAG)

/* expect: violation 0 4 or violation 0, violation 4 */
CASE(flag_aligned)(struct options *options) {
  POOL_TYPE type = NonPagedPool;
  if (options->flags & 1) type = NonPagedPoolCacheAligned;
  return ALLOCATE(type);
}
/* expect: violation 0 16 or violation 0, violation 16 */
CASE(flag_ored)(struct options *options) {
  ULONG type = NonPagedPool;
  if (options->flags & 8) type |= POOL_RAISE;
  return ALLOCATE(type);
}
/* The sum of two numbers that have no bit in common. */
/* expect: ok 512 528 or ok 512, ok 528 or ok */
CASE(flag_ored_nx)(struct options *options) {
  ULONG type = NonPagedPool;
  if (options->flags & 8) type |= POOL_RAISE;
  return ALLOCATE(type | POOL_NX);
}
/* expect: conditional 0 1 or violation 0, ok 1 */
CASE(flag_paged)(struct options *options) { return ALLOCATE(options->flags & 4 ? PagedPool : NonPagedPool); }
/* expect: conditional 0 1 512 or violation 0, ok 1, ok 512 or conditional 0 512, ok 1 */
CASE(two_flags)(struct options *options) {
  return ALLOCATE(options->flags & 1 ? PagedPool : options->flags & 2 ? NonPagedPoolNx : NonPagedPool);
}
/* Of two bits nobody knows which go together. */
/* expect: undetermined */
CASE(two_bits)(struct options *options) { return ALLOCATE(options->flags & 0x201); }

/* expect: conditional 0 1 512 or violation 0, ok 1, ok 512 */
CASE(switched)(struct options *options) {
  POOL_TYPE type;
  switch (options->kind) {
    case 0: type = NonPagedPool; break;
    case 1: type = PagedPool; break;
    case 2: type = NonPagedPoolNx; break;
    default: return 0;
  }
  return ALLOCATE(type);
}
static const POOL_TYPE types[] = {NonPagedPoolNx, PagedPool, NonPagedPoolNx};
/* What lies behind the table is none of its entries. */
static const ULONG behind[] = {NonPagedPool, NonPagedPool, NonPagedPool, NonPagedPool};
/* expect: ok 1 512 */
CASE(checked_index)(ULONG index, struct options *options) {
  if (index >= 3) return (void *)&behind;
  return ALLOCATE(types[index]);
}
/* expect: undetermined */
CASE(unchecked_index)(ULONG index, struct options *options) { return ALLOCATE(types[index]); }
/* expect: undetermined */
CASE(checked_other)(ULONG index, ULONG other, struct options *options) {
  if (other >= 3) return 0;
  return ALLOCATE(types[index]);
}
/* It may be another one by then. */
/* expect: undetermined */
CASE(checked_and_moved)(ULONG index, struct options *options) {
  if (index >= 3) return 0;
  return ALLOCATE(types[index + Ask(index)]);
}
/* Between the entries lie others' values. */
static const struct {
  POOL_TYPE type;
  ULONG priority;
} rows[] = {{PagedPool, NonPagedPool}, {NonPagedPoolNx, NonPagedPool}, {PagedPool, NonPagedPool}, {PagedPool, NonPagedPool}};
/* expect: ok 1 512 or undetermined */
CASE(checked_row)(ULONG index, struct options *options) {
  if (index > 3) return 0;
  return ALLOCATE(rows[index].type);
}
static POOL_TYPE written[] = {NonPagedPoolNx, NonPagedPoolNx};
/* expect: undetermined */
CASE(written_table)(ULONG index, struct options *options) {
  if (options->kind == 7) written[options->flags & 1] = (POOL_TYPE)Ask(2);
  if (index > 1) return 0;
  return ALLOCATE(written[index]);
}

/* expect: conditional 0 512 */
CASE(flag_plain)(struct options *options) { return ALLOCATE(options->flags & 2 ? NonPagedPool : NonPagedPoolNx); }
/* expect: conditional 0 1 */
CASE(flag_not_paged)(struct options *options) { return ALLOCATE(options->flags & 2 ? NonPagedPool : PagedPool); }

struct descriptor {
  UCHAR length, attributes;
};
/* expect: conditional 0 512 */
CASE(flag_on_top)(struct descriptor *each) {
  return ExAllocatePoolWithTag(each->attributes >> 7 ? NonPagedPool : NonPagedPoolNx, each->length, TAG);
}
/* The bit comes down in a byte register, and decides twice. Loops are unrolled. */
/* expect: ok 512 516 or ok 512 516, ok 512 516, ok 512 516, ok 512 516 */
CASE(flag_twice)(struct descriptor *each) {
  UCHAR high = each->attributes & 0x40 ? 1 : 0;
  void *last = 0;
  for (ULONG k = 0; k < 4; k++) {
    void *memory = ExAllocatePoolWithTag(high ? NonPagedPoolNxCacheAligned : NonPagedPoolNx, high ? 1024 : 512, TAG);
    if (!memory) return 0;
    Consume(memory);
    last = memory;
  }
  return last;
}

/* Handlers in a table, which is no switch of the function that reads it. */
typedef void *(*HANDLER)(struct options *options);
/* expect: violation 0 */
CASE(handler)(struct options *options) { return ALLOCATE(NonPagedPool); }
/* expect: ok 512 */
CASE(handler_nx)(struct options *options) { return ALLOCATE(NonPagedPoolNx); }
/* expect: ok 1 */
CASE(handler_paged)(struct options *options) { return ALLOCATE(PagedPool); }
static const HANDLER handlers[] = {(HANDLER)case_handler, (HANDLER)case_handler_nx, (HANDLER)case_handler_paged};
/* expect: none */
CASE(dispatch)(struct options *options) {
  if (options->kind > 2) return 0;
  HANDLER handler = handlers[options->kind];
  Consume((const void *)(ULONG_PTR)handler);
  return handler(options);
}

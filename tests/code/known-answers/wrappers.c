/* Functions that pass an argument on, and how calls reach their target. */
#include "ddis.h"

static NOINLINE void *wrapperTag(POOL_TYPE type, SIZE_T size) {
  void *memory = ExAllocatePoolWithTag(type, size, TAG);
  if (memory) Consume(memory);
  return memory;
}
/* expect: violation 0 */
CASE(wrapper)(SIZE_T size) { return (UCHAR *)wrapperTag(NonPagedPool, size) + 1; }
/* expect: ok 512 */
CASE(wrapper_nx)(SIZE_T size) { return (UCHAR *)wrapperTag(NonPagedPoolNx, size) + 2; }
/* expect: conditional 0 512 */
CASE(wrapper_conditional)(ULONG a, SIZE_T size) {
  return (UCHAR *)wrapperTag(Ask(a) ? NonPagedPoolNx : NonPagedPool, size) + 3;
}

static NOINLINE void *tailWrapper(SIZE_T size, ULONG unused, POOL_TYPE type) {
  return ExAllocatePoolWithTag(type, size + unused, TAG);
}
/* expect: violation 0 */
CASE(tail_wrapper)(SIZE_T size) { return tailWrapper(size, 3, NonPagedPool); }
/* expect: ok 1 */
CASE(tail_wrapper_paged)(SIZE_T size) { return tailWrapper(size, 4, PagedPool); }

static NOINLINE void *inner(ULONG flags, SIZE_T size) {
  void *memory = ExAllocatePoolWithTag((POOL_TYPE)flags, size, 'rnnI');
  Consume(memory);
  return memory;
}
static NOINLINE void *outer(SIZE_T size, ULONG flags) {
  void *memory = inner(flags, size * 2);
  Consume(memory);
  return (UCHAR *)memory + 1;
}
/* expect: violation 0 */
CASE(two_levels)(SIZE_T size) { return (UCHAR *)outer(size, NonPagedPool) + 1; }
/* expect: ok 512 */
CASE(two_levels_nx)(SIZE_T size) { return (UCHAR *)outer(size, NonPagedPoolNx) + 2; }

static NOINLINE void *orsNx(ULONG flags, SIZE_T size) {
  void *memory = ExAllocatePoolWithTag((POOL_TYPE)(flags | POOL_NX), size, TAG);
  Consume(memory);
  return memory;
}
/* expect: none */
CASE(wrapper_ors_nx)(SIZE_T size) { return (UCHAR *)orsNx(NonPagedPool, size) + 1; }
/* The wrapper's own call is safe whoever calls it. expect in orsNx: ok or ok 512 */

static NOINLINE void *orsZero(ULONG flags, SIZE_T size) {
  void *memory = ExAllocatePoolWithTag((POOL_TYPE)(flags | POOL_ZERO), size, TAG);
  Consume(memory);
  return memory;
}
/* expect: violation 1024 */
CASE(wrapper_ors_zero)(SIZE_T size) { return (UCHAR *)orsZero(NonPagedPool, size) + 1; }
/* expect: ok 1536 */
CASE(wrapper_ors_zero_nx)(SIZE_T size) { return (UCHAR *)orsZero(NonPagedPoolNx, size) + 2; }

/* The tenth argument is on the stack everywhere. */
static NOINLINE void *stackArgument(ULONG a, ULONG b, ULONG c, ULONG d, ULONG e, ULONG f, ULONG g, ULONG h, ULONG i, POOL_TYPE type) {
  void *memory = ExAllocatePoolWithTag(type, a + b + c + d + e + f + g + h + i, TAG);
  Consume(memory);
  return memory;
}
/* expect: violation 0 */
CASE(stack_argument)(ULONG a) { return (UCHAR *)stackArgument(a, 2, 3, 4, 5, 6, 7, 8, 9, NonPagedPool) + 1; }
/* expect: ok 512 */
CASE(stack_argument_nx)(ULONG a) { return (UCHAR *)stackArgument(a, 2, 3, 4, 5, 6, 7, 8, 10, NonPagedPoolNx) + 2; }

/* Somebody else may call a function whose address is known: only the call that is seen is decided. */
NOINLINE void *addressTaken(POOL_TYPE type, SIZE_T size) {
  void *memory = ExAllocatePoolWithTag(type, size, TAG);
  Consume(memory);
  return memory;
}
void *(*volatile callback)(POOL_TYPE, SIZE_T);
/* expect: violation 0 */
CASE(known_caller_of_taken)(SIZE_T size) { return (UCHAR *)addressTaken(NonPagedPool, size) + 1; }
/* expect: none */
CASE(takes_address)(void) {
  callback = addressTaken;
  return 0;
}
/* expect in addressTaken: undetermined */

/* expect: undetermined */
CASE(parameter_of_nobody)(POOL_TYPE type, SIZE_T size) { return ExAllocatePoolWithTag(type, size, TAG); }

/* expect: violation 0, violation 0, violation 0, violation 0 */
CASE(pointer_in_register)(SIZE_T size) {
  void *a = ExAllocatePoolWithTag(NonPagedPool, size, TAG);
  void *b = ExAllocatePoolWithTag(NonPagedPool, size + 1, TAG);
  void *c = ExAllocatePoolWithTag(NonPagedPool, size + 2, TAG);
  void *d = ExAllocatePoolWithTag(NonPagedPool, size + 3, TAG);
  return a ? a : b ? b : c ? c : d;
}
/* expect: ok 512 */
CASE(pointer_in_variable)(SIZE_T size) {
  PVOID(NTAPI *allocate)(POOL_TYPE, SIZE_T, ULONG) = ExAllocatePoolWithTag;
  Ask(4);
  return allocate(NonPagedPoolNx, size, TAG);
}
static NOINLINE void *recursive(POOL_TYPE type, ULONG depth) {
  if (depth == 0) return ExAllocatePoolWithTag(type, 16, TAG);
  void *memory = recursive(type, depth - 1);
  Consume(memory);
  return memory;
}
/* A compiler may see that the type never changes and make it a constant. expect in recursive: none or violation 0 */
/* expect: violation 0 or none */
CASE(recursion)(ULONG depth) { return (UCHAR *)recursive(NonPagedPool, depth) + 1; }
/* What a wrapper does with an argument depends on it: the call in it is not reached with every one. */
static NOINLINE void *replacesPlain(POOL_TYPE type, SIZE_T size) {
  void *memory;
  if (type == NonPagedPool)
    memory = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
  else
    memory = ExAllocatePoolWithTag(type, size + 8, 'rpmR');
  Consume(memory);
  return memory;
}
/* Levels differ in which call is whose: expect in replacesPlain: ok 512 or ok or none or ok 512, undetermined */
/* expect: none or ok 512 */
CASE(replaced)(SIZE_T size) { return (UCHAR *)replacesPlain(NonPagedPool, size) + 1; }
/* expect: violation 4 or conditional 4 512 */
CASE(not_replaced)(SIZE_T size) { return (UCHAR *)replacesPlain(NonPagedPoolCacheAligned, size) + 2; }
/* expect: ok 516 or ok 512 516 */
CASE(not_replaced_nx)(SIZE_T size) { return (UCHAR *)replacesPlain(NonPagedPoolNxCacheAligned, size) + 3; }

/* Bits and order decide, as well as equality. */
static NOINLINE void *onlyPaged(ULONG type, SIZE_T size) {
  void *memory = 0;
  if (type & 1) memory = ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
  Consume(memory);
  return memory;
}
/* expect: none */
CASE(not_paged)(SIZE_T size) { return (UCHAR *)onlyPaged(NonPagedPool, size) + 1; }
/* expect: ok 1 */
CASE(paged)(SIZE_T size) { return (UCHAR *)onlyPaged(PagedPool, size) + 2; }
/* expect: ok 5 */
CASE(paged_aligned)(SIZE_T size) { return (UCHAR *)onlyPaged(5, size) + 3; }

static NOINLINE void *fromFive(ULONG type, SIZE_T size) {
  void *memory = 0;
  if (type >= 5) memory = ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
  Consume(memory);
  return memory;
}
/* expect: none */
CASE(below_five)(SIZE_T size) { return (UCHAR *)fromFive(NonPagedPoolCacheAligned, size) + 1; }
/* expect: violation 6 */
CASE(above_five)(SIZE_T size) { return (UCHAR *)fromFive(6, size) + 2; }
/* expect: ok 512 */
CASE(far_above_five)(SIZE_T size) { return (UCHAR *)fromFive(NonPagedPoolNx, size) + 3; }

struct request {
  ULONG type;
};
/* expect: undetermined */
CASE(field_of_argument)(struct request *request, SIZE_T size) {
  return ExAllocatePoolWithTag((POOL_TYPE)request->type, size, TAG);
}

/* Keeps every case from being dropped or changed: their address is known to nobody, their result is used. */
NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

/* A flag decides, and each caller says which. */
static NOINLINE void *byFlag(SIZE_T size, BOOLEAN isNx) {
  void *memory = ExAllocatePoolWithTag(isNx ? NonPagedPoolNx : NonPagedPool, size, TAG);
  if (memory) *(volatile UCHAR *)memory = 0;
  return memory;
}
/* expect: violation 0 */
CASE(flag_is_off)(SIZE_T size) { return (UCHAR *)byFlag(size, 0) + 1; }
/* expect: ok 512 */
CASE(flag_is_on)(SIZE_T size) { return (UCHAR *)byFlag(size, 1) + 2; }
/* expect: conditional 0 512 or violation 0, ok 512 */
CASE(flag_is_unknown)(SIZE_T size, ULONG question) { return (UCHAR *)byFlag(size, Ask(question) > 5) + 3; }

/* Every caller is safe, though the wrapper could do otherwise. */
static NOINLINE void *pagedOrNot(BOOLEAN isPaged, SIZE_T size) {
  void *memory = ExAllocatePoolWithTag(isPaged ? PagedPool : NonPagedPool, size, TAG);
  if (memory) *(volatile UCHAR *)memory = 1;
  return memory;
}
/* expect: ok 1 or none */
CASE(always_paged)(SIZE_T size) { return (UCHAR *)pagedOrNot(1, size) + 1; }
/* expect: ok 1 or none */
CASE(always_paged_too)(SIZE_T size) { return (UCHAR *)pagedOrNot(1, size + 8) + 2; }

/* The flag comes through a second wrapper, with others. */
static NOINLINE void *byFlags(ULONG flags, SIZE_T size) {
  POOL_TYPE type = flags & 1 ? PagedPool : flags & 4 ? NonPagedPoolNx : NonPagedPool;
  if (flags & 2) type = (POOL_TYPE)(type | POOL_RAISE);
  void *memory = ExAllocatePoolWithTag(type, size, TAG);
  if (memory) *(volatile UCHAR *)memory = 2;
  return memory;
}
static NOINLINE void *raising(ULONG flags, SIZE_T size) { return (UCHAR *)byFlags(flags | 2, size) + 1; }
/* expect: violation 16 */
CASE(flags_without_nx)(SIZE_T size) { return (UCHAR *)raising(0, size) + 1; }
/* expect: ok 528 */
CASE(flags_with_nx)(SIZE_T size) { return (UCHAR *)raising(4, size) + 2; }
/* expect: ok 17 */
CASE(flags_paged)(SIZE_T size) { return (UCHAR *)raising(1, size) + 3; }

/* What it was given is changed unless it is paged. */
static NOINLINE void *mendsType(POOL_TYPE type, SIZE_T size) {
  if ((type & PagedPool) == 0) type = (POOL_TYPE)(type | POOL_NX);
  return (UCHAR *)ExAllocatePoolWithTag(type, size, TAG) + 1;
}
/* expect: ok 512 */
CASE(mended)(SIZE_T size) { return (UCHAR *)mendsType(NonPagedPool, size) + 1; }
/* expect: ok 1 or ok 1 512 or ok 1 513 */
CASE(not_mended)(SIZE_T size) { return (UCHAR *)mendsType(PagedPool, size) + 2; }

/* A caller that the wrapper serves in another way never comes to the call. */
static NOINLINE void *allocateAs(POOL_TYPE type, SIZE_T size, ULONG how) {
  if (how == 2) return (UCHAR *)ExAllocatePool2(POOL_FLAG_PAGED, size, TAG) + 1;
  return (UCHAR *)ExAllocatePoolWithTag(type, size, TAG) + 2;
}
/* expect in allocateAs: ok 256 */
/* expect: none */
CASE(other_way)(SIZE_T size) { return (UCHAR *)allocateAs(NonPagedPool, size, 2) + 1; }
/* expect: violation 0 */
CASE(this_way)(SIZE_T size) { return (UCHAR *)allocateAs(NonPagedPool, size, 1) + 2; }
/* expect: ok 512 */
CASE(this_way_nx)(SIZE_T size) { return (UCHAR *)allocateAs(NonPagedPoolNx, size, 1) + 3; }

/* It calls itself with another type than it was given. */
static NOINLINE void *without(SIZE_T size, ULONG type, ULONG tries) {
  void *memory = ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
  if (memory != 0 || tries == 0) return memory;
  return (UCHAR *)without(size + Ask(tries), type & ~(ULONG)POOL_NX, tries - 1) + 1;
}
/* expect in without: undetermined or none */
/* expect: ok 512 or undetermined or conditional 0 512 */
CASE(recursive_wrapper)(SIZE_T size, ULONG tries) { return (UCHAR *)without(size, NonPagedPoolNx, tries) + 1; }

/* One byte of what the caller passes, which has one of two. */
static NOINLINE void *byOneByte(ULONG *size, BOOLEAN isPaged) {
  void *memory = wrapperTag(isPaged ? PagedPool : NonPagedPool, *size);
  Consume(memory);
  return (UCHAR *)memory + 1;
}
/* expect: conditional 0 1 or violation 0, ok 1 */
CASE(by_one_byte)(ULONG a) {
  ULONG size;
  switch (Ask(a)) {
    case 1:
      size = Ask(5);
      return byOneByte(&size, 1);
    case 3:
      size = Ask(7);
      return byOneByte(&size, 0);
  }
  return 0;
}

/* Drivers as they are written: flags that are computed, checks before the call, wrappers of wrappers, tables. */
#include "ddis.h"

#define ALLOCATE(type, size) ExAllocatePoolWithTag((POOL_TYPE)(type), (size), TAG)
typedef struct {
  ULONG Version, PoolType, Priority;
} GLOBALS;
GLOBALS passedToInit, writtenHere, givenAway;
ULONG fromRegistry;

static NOINLINE void initialize(GLOBALS *globals) {
  globals->Version = Ask(1);
  globals->PoolType = NonPagedPoolNx;
}
struct query {
  void *routine;
  ULONG flags;
  void *name, *context;
};
NTSTATUS NTAPI DriverEntry(void *driver, void *path) {
  struct query query = {0, 0x20, 0, &fromRegistry};
  initialize(&passedToInit);
  writtenHere.PoolType = NonPagedPoolNx;
  Consume(&givenAway);
  Consume(&query);
  return driver == path;
}

/* Nobody stores to the member by name: what it starts with is not what it "only ever holds". */
/* expect: undetermined or opt-in 0 512 */
CASE(member_set_by_init)(SIZE_T size) { return ALLOCATE(passedToInit.PoolType, size); }
/* expect: opt-in 0 512 */
CASE(member_set_by_name)(SIZE_T size) { return ALLOCATE(writtenHere.PoolType, size); }
/* expect: undetermined */
CASE(set_by_query_table)(SIZE_T size) { return ALLOCATE(fromRegistry, size); }

/* expect: ok 512 or undetermined */
CASE(shifted)(SIZE_T size) {
  volatile ULONG one = 1;
  return ALLOCATE(one << 9, size);
}
/* expect: ok 512 or undetermined */
CASE(toggled)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  type ^= POOL_NX;
  return ALLOCATE(type, size);
}
/* expect: ok 512 or undetermined */
CASE(added)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  type += POOL_NX;
  return ALLOCATE(type, size);
}
/* expect: violation 0 or undetermined */
CASE(masked_off)(SIZE_T size) {
  volatile ULONG type = NonPagedPoolNx;
  type &= ~(ULONG)POOL_NX;
  return ALLOCATE(type, size);
}
/* expect: ok 512 or undetermined */
CASE(divided)(SIZE_T size) {
  volatile ULONG twice = 1024, by = 2;
  return ALLOCATE(twice / by, size);
}
/* expect: conditional 0 512 or undetermined */
CASE(mask_of_condition)(ULONG question, SIZE_T size) {
  BOOLEAN isNx = Ask(question) != 0;
  return ALLOCATE(-(int)isNx & POOL_NX, size);
}
/* expect: conditional 0 512 or undetermined */
CASE(product_of_condition)(ULONG question, SIZE_T size) {
  BOOLEAN isNx = Ask(question) > 5;
  return ALLOCATE(isNx * POOL_NX, size);
}
/* expect: ok 512 or undetermined */
CASE(counted_up)(SIZE_T size) {
  ULONG type = 0;
  while (type < NonPagedPoolNx) {
    Ask(type);
    type += 64;
  }
  return ALLOCATE(type, size);
}
/* expect: violation 0 or undetermined */
CASE(counted_down)(SIZE_T size) {
  ULONG type = 3;
  do Ask(type);
  while (--type);
  return ALLOCATE(type, size);
}
/* expect: ok 512 or undetermined */
CASE(last_round)(SIZE_T size) {
  ULONG flags = 0;
  for (int bit = 0; bit < 10; bit++) flags |= (ULONG)(bit == 9) << bit;
  return ALLOCATE(flags, size);
}
/* expect: ok or ok 512 or undetermined */
CASE(added_where_missing)(ULONG question, SIZE_T size) {
  ULONG type = Ask(question);
  if (!(type & POOL_NX)) type |= POOL_NX;
  return ALLOCATE(type, size);
}
/* expect: ok 1 512 or undetermined or ok 1, ok 512 */
CASE(only_known_types)(ULONG type, SIZE_T size) {
  switch (type) {
    case NonPagedPool: type = NonPagedPoolNx; break;
    case PagedPool: break;
    default: return 0;
  }
  return ALLOCATE(type, size);
}
/* expect: ok 1 512 or ok 1, ok 512 */
CASE(second_try)(SIZE_T size) {
  ULONG type = NonPagedPoolNx;
  void *memory;
again:
  memory = ALLOCATE(type, size);
  if (!memory && type != PagedPool) {
    type = PagedPool;
    goto again;
  }
  return memory;
}
/* A comparison of floating point numbers changes the flags that the branch behind it reads. */
int _fltused;
/* expect: conditional 0 512 or undetermined */
CASE(floating_point)(ULONG question, SIZE_T size) {
  volatile float left = (float)(LONG)question, right = 2.0f;
  ULONG type = NonPagedPool;
  if (Ask(question) == 3) return 0;
  if (left != right) type = NonPagedPoolNx;
  else Consume("equal");
  return ALLOCATE(type, size);
}
/* LOOP counts in rcx, ecx. */
/* expect: ok 512 or undetermined or conditional 0 512 */
CASE(loop_instruction)(SIZE_T size) {
  SIZE_T count = NonPagedPoolCacheAligned;
#if defined(__x86_64__) || defined(__i386__)
  __asm__ volatile("1: nop\n loop 1b" : "+c"(count));
#else
  count = 0;
#endif
  return ALLOCATE(count == 0 ? NonPagedPoolNx : NonPagedPool, size);
}

/* Constants in read-only tables; a pointer and what follows it are read together. */
struct page {
  SIZE_T protect, other;
};
struct entry {
  const struct page *page;
  SIZE_T protect;
};
static const struct page executable = {PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READWRITE};
static const struct entry entry = {&executable, PAGE_READWRITE};
static NOINLINE void *mapEntry(const struct entry *from, PHYSICAL_ADDRESS address) {
  const struct page *page = from->page;
  SIZE_T protect = from->protect;
  void *memory = MmMapIoSpaceEx(address, 4096 + page->other, (ULONG)protect);
  Consume(page);
  return memory;
}
/* Levels differ in what becomes a constant where. expect in mapEntry: ok 4 or undetermined or none */
/* expect: none or ok 4 or undetermined */
CASE(table_entry)(PHYSICAL_ADDRESS address) { return (UCHAR *)mapEntry(&entry, address) + 1; }
/* expect: ok 4 or undetermined */
CASE(table_entry_here)(PHYSICAL_ADDRESS address) {
  const volatile struct entry *from = &entry;
  const struct page *page = from->page;
  SIZE_T protect = from->protect;
  return MmMapIoSpaceEx(address, (SIZE_T)page, (ULONG)protect);
}
static const struct {
  ULONG id, protect;
} protections[3] = {{1, PAGE_EXECUTE_READWRITE}, {2, PAGE_READWRITE}, {3, PAGE_READONLY}};
/* expect: undetermined or conditional 2 4 64 or violation 64, ok 2, ok 4 */
CASE(table_by_id)(PHYSICAL_ADDRESS address, ULONG id) {
  for (int index = 0; index < 3; index++)
    if (protections[index].id == id) return MmMapIoSpaceEx(address, 4096, protections[index].protect);
  return 0;
}

static NOINLINE void *zeroed(SIZE_T size, ULONG type) {
  void *memory = ALLOCATE(type, size);
  if (memory) memset(memory, 0, size);
  return memory;
}
static NOINLINE void *cold(ULONG type, SIZE_T size) {
  void *memory = zeroed(size + 8, type | POOL_COLD);
  if (!memory) Consume("out of memory");
  return memory;
}
/* expect: violation 256 */
CASE(wrapper_of_wrapper)(SIZE_T size) { return (UCHAR *)cold(NonPagedPool, size) + 1; }
/* expect: ok 768 */
CASE(wrapper_of_wrapper_nx)(SIZE_T size) { return (UCHAR *)cold(NonPagedPoolNx, size) + 2; }

/* expect: violation 16 */
CASE(kernel_mode_checked)(MDL *mdl, ULONG question) {
  CCHAR mode = (CCHAR)Ask(question);
  if (mode != KernelMode) return 0;
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, NormalPagePriority);
}
/* expect: ok or ok 1073741840 */
CASE(arguments_from_calls)(MDL *mdl) {
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, Ask(0), (void *)(ULONG_PTR)Ask(1), Ask(2), Ask(3) | MdlMappingNoExecute);
}
/* expect: violation 16 */
CASE(other_arguments_from_calls)(MDL *mdl) {
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, Ask(0), (void *)(ULONG_PTR)Ask(1), Ask(2), NormalPagePriority);
}
/* expect: ok 4294967552 or ok 256 or ok */
CASE(flags_above_32_bits)(SIZE_T size) { return ExAllocatePool2(0x100000000ull | POOL_FLAG_PAGED, size, TAG); }
/* expect: ok 512 */
CASE(big_frame_nx)(SIZE_T size) {
  volatile char buffer[9000];
  ULONG type = NonPagedPoolNx;
  Consume((void *)buffer);
  buffer[Ask(1) % 9000] = 1;
  return ALLOCATE(type, size + buffer[3]);
}

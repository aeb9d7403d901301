/* How WinDivert, WinFsp, FastFAT and others allocate: switches in loops, types that helpers return, flags of the driver. */
#include "ddis.h"

/* The first case, whose address lies right behind the table: it is no entry of it. */
/* Compilers make one call of several. */
/* expect: violation 16, ok 17, ok 528, violation 0 or conditional 16 17 528, violation 0 */
CASE(switch_in_loop)(SIZE_T size, ULONG which) {
  void *last = 0;
  ULONG seen = 0;
  for (ULONG index = 0; index < Ask(0); index++) {
    switch ((which >> index * 3) & 7) {
      case 0:
      case 3: continue;
      case 1: last = ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPool | POOL_RAISE), size + index, TAG); break;
      case 2: last = ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | POOL_RAISE), size * index, TAG); break;
      case 4: last = ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPoolNx | POOL_RAISE), size, TAG); break;
      case 5: Consume("5"); seen |= 1; break;
      case 6: Consume("66"); seen |= 2; break;
      default: return 0;
    }
    Consume(last);
  }
  Consume(&seen);
  return ExAllocatePool(NonPagedPool, size);
}
/* Two tables side by side: where the first ends only the second, or the comparison before it, tells. */
/* expect: violation 4, ok 516, ok 1 or conditional 1 4 516 or ok 1, conditional 4 516 */
CASE(two_switches)(SIZE_T size, ULONG first, ULONG second) {
  switch (Ask(first)) {
    case 0: Consume("0"); return 0;
    case 1: Consume("10"); break;
    case 2: Consume("200"); return (void *)1;
    case 3: return ExAllocatePoolWithTag(NonPagedPoolCacheAligned, size, TAG);
    case 4: Consume("40000"); break;
  }
  switch (Ask(second)) {
    case 0: Consume("a"); return 0;
    case 1: Consume("ab"); return ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, size, TAG);
    case 2: Consume("abc"); return (void *)3;
    case 3: Consume("abcd"); return (void *)4;
    case 4: Consume("abcde"); return ExAllocatePoolWithQuotaTag(PagedPool, size, TAG);
  }
  return 0;
}

/* A compiler that sees all stores makes a flag of a variable that holds one of two values. */
static ULONG optInType = NonPagedPool, optInMdl, isWindows8, extraFlags;
static POOL_TYPE chosenByHelper;
static ULONG fromCondition = NonPagedPool;
static NOINLINE POOL_TYPE typeForVersion(void) { return Ask(2) > 601 ? NonPagedPoolNx : NonPagedPool; }
NTSTATUS NTAPI DriverEntry(void *driver, void *path) {
  VERSION_INFO info;
  info.Size = sizeof(info);
  if (RtlGetVersion(&info) >= 0 && info.MajorVersion > 6) {
    optInType = NonPagedPoolNx;
    optInMdl = MdlMappingNoExecute;
    isWindows8 = 1;
  }
  if (Ask(7)) extraFlags = POOL_NX;
  fromCondition = (ULONG)(info.MajorVersion >= 10) << 9;
  chosenByHelper = typeForVersion();
  return driver == path;
}
/* expect: opt-in 0 512 or conditional 0 512 */
CASE(flag_for_type)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)optInType, size, TAG); }
/* expect: opt-in 16 1073741840 or conditional 16 1073741840 */
CASE(flag_for_mapping)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, NormalPagePriority | optInMdl); }
/* expect: opt-in 0 512 or conditional 0 512 */
CASE(flag_decides)(SIZE_T size) { return ExAllocatePoolWithTag(isWindows8 ? NonPagedPoolNx : NonPagedPool, size, TAG); }
/* expect: ok 1 513 or ok or ok 513 1 */
CASE(flag_beside_paged)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)(PagedPool | extraFlags), size, TAG); }
/* expect: opt-in 1024 1536 or conditional 1024 1536 */
CASE(flag_beside_zeroed)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)(fromCondition | POOL_ZERO), size, TAG); }

/* What a function of the driver returns. */
/* expect: opt-in 0 512 or conditional 0 512 */
CASE(variable_by_helper)(SIZE_T size) { return ExAllocatePoolWithTag(chosenByHelper, size, TAG); }
/* expect: conditional 0 512 */
CASE(returned)(SIZE_T size) { return ExAllocatePoolWithTag(typeForVersion(), size, TAG); }
static NOINLINE POOL_TYPE alwaysNx(ULONG question) {
  Ask(question);
  return NonPagedPoolNx;
}
static NOINLINE POOL_TYPE alwaysPlain(ULONG question) { return Ask(question) ? NonPagedPoolCacheAligned : NonPagedPool; }
/* expect: ok 512 */
CASE(returned_nx)(SIZE_T size) { return ExAllocatePoolWithTag(alwaysNx(1), size, TAG); }
/* expect: violation 0 4 */
CASE(returned_plain)(SIZE_T size) { return ExAllocatePoolWithTag(alwaysPlain(2), size, TAG); }
static NOINLINE POOL_TYPE toType(ULONG kind, ULONG question) {
  Ask(question);
  return kind == 7 ? PagedPool : kind == 9 ? NonPagedPoolNx : NonPagedPool;
}
/* expect: violation 0 */
CASE(converted)(SIZE_T size) { return ExAllocatePoolWithTag(toType(8, 1), size, TAG); }
/* expect: ok 512 */
CASE(converted_nx)(SIZE_T size) { return ExAllocatePoolWithTag(toType(9, 2), size, TAG); }
/* expect: ok 1 */
CASE(converted_paged)(SIZE_T size) { return ExAllocatePoolWithTag(toType(7, 3), size, TAG); }
/* expect: conditional 0 1 512 */
CASE(converted_unknown)(SIZE_T size, ULONG question) { return ExAllocatePoolWithTag(toType(Ask(question), 4), size, TAG); }
static NOINLINE ULONG withRaise(ULONG type) {
  Ask(type);
  return type | POOL_RAISE;
}
/* expect: violation 16 */
CASE(passed_through)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)withRaise(NonPagedPool), size, TAG); }
/* expect: ok 528 */
CASE(passed_through_nx)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)withRaise(NonPagedPoolNx), size, TAG); }
static NOINLINE POOL_TYPE forRequest(ULONG kind, ULONG question) {
  POOL_TYPE type = toType(kind, question);
  Ask(question);
  return type;
}
/* expect: violation 0 */
CASE(converted_below)(SIZE_T size) { return ExAllocatePoolWithTag(forRequest(3, 1), size, TAG); }
/* expect: ok 512 */
CASE(converted_below_nx)(SIZE_T size) { return ExAllocatePoolWithTag(forRequest(9, 2), size, TAG); }
/* expect: conditional 0 1 512 */
CASE(converted_below_unknown)(SIZE_T size, ULONG question) { return ExAllocatePoolWithTag(forRequest(Ask(question), 3), size, TAG); }
static NOINLINE POOL_TYPE forFlag(BOOLEAN isPaged) { return isPaged ? PagedPool : NonPagedPool; }
static NOINLINE POOL_TYPE forFlagToo(BOOLEAN isPaged) {
  POOL_TYPE type = forFlag(isPaged);
  Consume("between");
  return type;
}
/* Of a byte in a register the rest is not known, and so not what it is passed as. */
/* expect: ok 1 or conditional 0 1 */
CASE(flag_below)(SIZE_T size) { return ExAllocatePoolWithTag(forFlagToo(1), size, TAG); }
/* expect: violation 0 or conditional 0 1 */
CASE(flag_below_off)(SIZE_T size) { return ExAllocatePoolWithTag(forFlagToo(0), size, TAG); }
/* What a callee of a wrapper's caller returns. */
static NOINLINE void *allocate(POOL_TYPE type, SIZE_T size) {
  void *memory = ExAllocatePoolWithTag(type, size, TAG);
  if (memory) *(volatile UCHAR *)memory = 0;
  return memory;
}
/* expect: violation 0 */
CASE(returned_to_wrapper)(SIZE_T size) { return (UCHAR *)allocate(toType(3, 5), size) + 1; }
/* expect: ok 512 */
CASE(returned_to_wrapper_nx)(SIZE_T size) { return (UCHAR *)allocate(toType(9, 6), size) + 2; }
static NOINLINE void *allocateTagged(SIZE_T size, POOL_TYPE type, ULONG tag) {
  void *memory = ExAllocatePoolWithTag(type, size, tag);
  if (memory) *(volatile UCHAR *)memory = 1;
  return memory;
}
/* expect: violation 0 */
CASE(tagged)(SIZE_T size) { return (UCHAR *)allocateTagged(size, NonPagedPool, 'eniM') + 1; }
/* expect: violation 4 */
CASE(tagged_otherwise)(SIZE_T size) { return (UCHAR *)allocateTagged(size, NonPagedPoolCacheAligned, 'sruY') + 2; }
/* expect: undetermined */
CASE(returned_by_windows)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)Ask(3), size, TAG); }

/* Values that come from variables of the driver. */
#include "ddis.h"

ULONG optInType = NonPagedPool;
ULONG optInMdl;
ULONG registryType = NonPagedPool;
ULONG stillPlain = NonPagedPool;
ULONG storedTwice = NonPagedPoolNx;
ULONG addressTaken = NonPagedPool;
const ULONG constantPlain __attribute__((section(".rdata"))) = NonPagedPool;
ULONG neverExecutable = PagedPool;
ULONG mapPriority = NormalPagePriority;
ULONG counted = NonPagedPool;
ULONG spoilt = NonPagedPoolNx;
ULONG spoiltMdl = NormalPagePriority | MdlMappingNoExecute;
ULONG setBoth = NonPagedPool;

struct settings {
  ULONG version, type, unused;
};
struct settings settings = {0, NonPagedPoolNx, 0};
ULONG byteStored = NonPagedPoolNx;
static NOINLINE void readSettings(struct settings *into) { into->type = Ask(9); }

/* What POOL_NX_OPTIN makes of DriverEntry. */
NTSTATUS NTAPI DriverEntry(void *driver, void *path) {
  VERSION_INFO info;
  info.Size = sizeof(info);
  if (RtlGetVersion(&info) >= 0 && (info.MajorVersion > 6 || (info.MajorVersion == 6 && info.MinorVersion >= 2))) {
    optInType = NonPagedPoolNx;
    optInMdl = MdlMappingNoExecute;
  }
  registryType = Ask(7);
  storedTwice = NonPagedPool;
  if (Ask(8)) storedTwice = PagedPool;
  stillPlain = NonPagedPoolCacheAligned;
  neverExecutable = NonPagedPoolNx;
  if (Ask(10)) mapPriority |= MdlMappingNoExecute;
  counted++;
  spoilt = NonPagedPool;
  spoiltMdl = NormalPagePriority;
  setBoth = Ask(11) ? NonPagedPool : NonPagedPoolNx;
  Consume(&addressTaken);
  readSettings(&settings);
  ((volatile UCHAR *)&byteStored)[1] = 0;
  return driver == path;
}

/* expect: opt-in 0 512 */
CASE(opt_in)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)optInType, size, TAG); }
/* expect: opt-in 16 1073741840 */
CASE(opt_in_mapping)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, optInMdl | NormalPagePriority); }
/* expect: opt-in 16 1073741840 */
CASE(ored_to)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, mapPriority); }
/* expect: undetermined */
CASE(counted_up)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)counted, size, TAG); }
/* expect: opt-in 1024 1536 */
CASE(opt_in_zeroed)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)(optInType | POOL_ZERO), size, TAG); }
/* It begins safe, and the code makes it unsafe. */
/* expect: conditional 0 1 512 */
CASE(stored_twice)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)storedTwice, size, TAG); }
/* What the code makes executable is no opt-in. */
/* expect: conditional 0 512 */
CASE(made_plain)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)spoilt, size, TAG); }
/* expect: conditional 16 1073741840 */
CASE(mapping_made_plain)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, spoiltMdl); }
/* expect: conditional 0 512 */
CASE(set_to_both)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)setBoth, size, TAG); }
/* expect: undetermined */
CASE(from_registry)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)registryType, size, TAG); }
/* expect: default-only 0 4 */
CASE(only_plain)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)stillPlain, size, TAG); }
/* expect: undetermined */
CASE(address_taken)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)addressTaken, size, TAG); }
/* expect: ok 1 512 */
CASE(never_executable)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)neverExecutable, size, TAG); }
/* OR of two variables: neither alone decides. */
/* expect: conditional 0 1 512 513 */
CASE(two_variables)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)(optInType | storedTwice), size, TAG); }
/* No variable makes the constant safe. */
/* expect: conditional 0 512 */
CASE(opt_in_conditional)(ULONG a, SIZE_T size) {
  return ExAllocatePoolWithTag((POOL_TYPE)(Ask(a) ? optInType : NonPagedPool), size, TAG);
}
/* expect: opt-in 0 1 512 */
CASE(opt_in_or_paged)(ULONG a, SIZE_T size) {
  return ExAllocatePoolWithTag((POOL_TYPE)(Ask(a) ? optInType : PagedPool), size, TAG);
}
/* expect: conditional 0 1 4 */
CASE(plain_or_paged)(ULONG a, SIZE_T size) {
  return ExAllocatePoolWithTag((POOL_TYPE)(Ask(a) ? stillPlain : PagedPool), size, TAG);
}
/* expect: ok 512 */
CASE(constant_beside)(SIZE_T size) {
  optInMdl = MdlMappingNoExecute;
  return ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
}
/* Nobody names the member where it is written. */
/* expect: undetermined */
CASE(member_of_settings)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)settings.type, size, TAG); }
/* expect: undetermined */
CASE(byte_stored)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)byteStored, size, TAG); }

struct entry {
  ULONG id;
  POOL_TYPE type;
};
static struct entry entries[3];
/* expect: none */
CASE(fills_entries)(void) {
  for (int index = 0; index < 3; index++) {
    entries[index].id = index;
    entries[index].type = Ask(index) ? NonPagedPoolNx : PagedPool;
  }
  return 0;
}
/* Members are written through a register that held the table's page before. */
/* expect: undetermined or opt-in 0 1 512 */
CASE(member_of_entry)(SIZE_T size) { return ExAllocatePoolWithTag(entries[1].type, size, TAG); }

/* Two that lie side by side are stored as one number of 64 bits, which no double holds. */
struct pair {
  ULONG type, protection;
} sideBySide, sideBySideAgain, cleared = {NonPagedPoolNx, MdlMappingNoExecute}, half;
#define STORE_BOTH(to, first, second) (*(volatile ULONG64 *)&(to) = (ULONG64)(second) << 32 | (first))
/* expect: none */
CASE(fills_side_by_side)(ULONG a) {
  if (Ask(a)) STORE_BOTH(sideBySide, NonPagedPoolNx, MdlMappingNoExecute);
  if (Ask(a)) {
    STORE_BOTH(sideBySideAgain, NonPagedPoolNx, MdlMappingNoExecute | 0x80000000);
    STORE_BOTH(cleared, 0, 0);
    half.type = NonPagedPoolNx;
    half.protection = Ask(a);
  }
  return 0;
}
/* expect: opt-in 0 512 */
CASE(side_by_side)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)sideBySide.type, size, TAG); }
/* expect: opt-in 16 1073741840 */
CASE(beside)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, sideBySide.protection | NormalPagePriority); }
/* expect: opt-in 0 512 */
CASE(side_by_side_negative)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)sideBySideAgain.type, size, TAG); }
/* expect: opt-in 16 3221225488 */
CASE(beside_negative)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, sideBySideAgain.protection | NormalPagePriority); }
/* expect: conditional 0 512 */
CASE(cleared_by_one)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)cleared.type, size, TAG); }
/* expect: conditional 16 1073741840 */
CASE(cleared_beside)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, cleared.protection | NormalPagePriority); }
/* expect: undetermined or opt-in 0 512 */
CASE(half_known)(SIZE_T size) { return ExAllocatePoolWithTag((POOL_TYPE)half.type, size, TAG); }
/* expect: undetermined */
CASE(half_unknown)(MDL *mdl) { return MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, half.protection | NormalPagePriority); }

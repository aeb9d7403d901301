/* Control-flow guard: calls through the dispatch or check function. */
#include "ddis.h"

void checkNothing(void) {}
#if defined(__x86_64__)
__attribute__((naked)) void dispatch(void) { __asm__("jmp *%rax"); }
void *__guard_dispatch_icall_fptr = (void *)dispatch;
#endif
void *__guard_check_icall_fptr = (void *)checkNothing;

/* IMAGE_LOAD_CONFIG_DIRECTORY as far as the two pointers. */
#if defined(_WIN64)
const struct {
  ULONG Size;
  UCHAR rest[0x6c];
  void *check, *dispatch;
  UCHAR more[0xc0];
} _load_config_used = {0x140, {0}, &__guard_check_icall_fptr,
#if defined(__x86_64__)
                       &__guard_dispatch_icall_fptr,
#else
                       0,
#endif
                       {0}};
#else
const struct {
  ULONG Size;
  UCHAR rest[0x44];
  void *check, *dispatch;
  UCHAR more[0x60];
} _load_config_used = {0xb0, {0}, &__guard_check_icall_fptr, 0, {0}};
#endif

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

typedef PVOID(NTAPI *ALLOCATE)(POOL_TYPE, SIZE_T, ULONG);
/* expect: violation 0 */
CASE(through_variable)(SIZE_T size) {
  ALLOCATE allocate = ExAllocatePoolWithTag;
  __asm__ volatile("" : "+r"(allocate));
  (void)allocate;
  return ExAllocatePoolWithTag(NonPagedPool, size, TAG);
}
/* expect: ok 512, violation 0 */
CASE(around_indirect)(ALLOCATE other, SIZE_T size) {
  void *first = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
  void *second = other(NonPagedPool, size, TAG);
  Consume(second);
  return first ? first : ExAllocatePoolWithTag(NonPagedPool, size, TAG);
}
/* expect: conditional 0 512|undetermined */
CASE(select_function)(ULONG a, SIZE_T size) {
  POOL_TYPE type = Ask(a) ? NonPagedPool : NonPagedPoolNx;
  return ExAllocatePoolWithTag(type, size, TAG);
}
/* expect: violation 0 */
CASE(volatile_pointer)(SIZE_T size) {
  ALLOCATE volatile *slot = 0;
  ALLOCATE allocate = ExAllocatePoolWithTag;
  if (Ask(1)) Consume((void *)slot);
  return allocate(NonPagedPool, size, TAG);
}

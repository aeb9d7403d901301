/* Structured exception handling: handlers that no branch leads to. x64 and ARM64. */
#include "ddis.h"

int __C_specific_handler() { return 1; }
NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

/* expect: violation 0 */
CASE(in_try)(volatile ULONG *source, SIZE_T size) {
  void *memory = 0;
  __try {
    memory = ExAllocatePoolWithTag(NonPagedPool, size + *source, TAG);
  } __except (1) {
    memory = 0;
  }
  return memory;
}
/* expect: violation 0 */
CASE(in_handler)(volatile ULONG *source, SIZE_T size) {
  void *memory = 0;
  __try {
    Consume((void *)(ULONG_PTR)*source);
  } __except (1) {
    memory = ExAllocatePoolWithTag(NonPagedPool, size, TAG);
  }
  return memory;
}
/* expect: ok 512 */
CASE(after_try)(volatile ULONG *source, SIZE_T size) {
  ULONG extra = 0;
  __try {
    extra = *source;
    Consume((void *)source);
  } __except (1) {
    extra = 1;
  }
  return ExAllocatePoolWithTag(NonPagedPoolNx, size + extra, TAG);
}
/* expect: violation 16 */
CASE(stack_argument_in_handler)(MDL *mdl) {
  void *memory = 0;
  __try {
    Consume(mdl);
  } __except (1) {
    memory = MmMapLockedPagesSpecifyCache(mdl, KernelMode, 1, 0, 0, NormalPagePriority);
  }
  return memory;
}
/* expect: violation 0 */
CASE(in_finally)(volatile ULONG *source, SIZE_T size) {
  void *volatile memory = 0;
  __try {
    Consume((void *)(ULONG_PTR)*source);
  } __finally {
    Ask(*source);
  }
  memory = ExAllocatePoolWithTag(NonPagedPool, size, TAG);
  return memory;
}

/* The block is a function of its own, which changes its parent's variable. */
/* expect: undetermined or ok 512 */
CASE(finally_decides)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  __try {
    Consume(0);
  } __finally {
    type = NonPagedPoolNx;
  }
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}

/* Structured exception handling: handlers that no branch leads to. */
#include "ddis.h"

#ifdef __i386__
int _except_handler3() { return 1; }
#else
int __C_specific_handler() { return 1; }
#endif
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

/* A filter runs in the middle of the block, and may let it go on (EXCEPTION_CONTINUE_EXECUTION). */
/* expect: undetermined or ok 512 */
CASE(filter_decides)(SIZE_T size) {
  void *memory = 0;
  volatile ULONG type = NonPagedPool;
  __try {
    Ask(1);
    memory = ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
  } __except (type = NonPagedPoolNx, -1) {
    memory = 0;
  }
  return memory;
}
static NOINLINE int repair(volatile ULONG *type) {
  *type = NonPagedPoolNx;
  return -1;
}
/* expect: undetermined or ok 512 */
CASE(callee_of_filter_decides)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  __try {
    Ask(1);
  } __except (repair(&type)) {
    return 0;
  }
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* The stack is aligned: nobody knows how far the variable is from where it was on entry. */
/* expect: undetermined or ok 512 */
CASE(filter_on_aligned_stack)(SIZE_T size) {
  volatile ULONG type __attribute__((aligned(64))) = NonPagedPool;
  __try {
    Ask(1);
  } __except (type = NonPagedPoolNx, -1) {
    return 0;
  }
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* This one writes another variable. On ARM64 that is not told apart. */
/* expect: violation 0 or undetermined */
CASE(filter_of_status)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  volatile ULONG status = 0;
  __try {
    Ask(1);
  } __except (status = 7, 1) {
    return 0;
  }
  return ExAllocatePoolWithTag((POOL_TYPE)type, size + status, TAG);
}
/* expect: conditional 0 512 or undetermined */
CASE(handler_decides)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  __try {
    Ask(1);
  } __except (1) {
    type = NonPagedPoolNx;
  }
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}

static volatile ULONG *volatile shared;
static NOINLINE void useShared(void) { *shared = NonPagedPoolNx; }
/* What was given away before the exception others have after it, too. */
/* expect: undetermined or ok 512 */
CASE(given_before_exception)(SIZE_T size) {
  void *memory = 0;
  volatile ULONG type = PagedPool;
  shared = &type;
  __try {
    Ask(1);
  } __except (1) {
    type = NonPagedPool;
    useShared();
    memory = (UCHAR *)ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG) + 1;
  }
  return memory;
}
/* expect: undetermined or ok 512 */
CASE(stored_through_in_handler)(SIZE_T size) {
  void *memory = 0;
  volatile ULONG type = PagedPool;
  shared = &type;
  __try {
    Ask(1);
  } __except (1) {
    type = NonPagedPool;
    *shared = NonPagedPoolNx;
    memory = (UCHAR *)ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG) + 1;
  }
  return memory;
}

/* Filters and handlers write through pointers, too. */
/* expect: undetermined or ok 512 */
CASE(filter_writes_through)(SIZE_T size) {
  volatile ULONG types[4];
  volatile ULONG *volatile place = &types[2];
  types[1] = NonPagedPool;
  __try {
    Ask(1);
  } __except (place[-1] = NonPagedPoolNx, -1) {
    return 0;
  }
  return ExAllocatePoolWithTag((POOL_TYPE)types[1], size, TAG);
}
static NOINLINE void inFilter(volatile ULONG *place) {
  __try {
    Ask(1);
  } __except (place[-1] = NonPagedPoolNx, 1) {
  }
}
/* expect: undetermined or ok 512 */
CASE(filter_of_callee)(SIZE_T size) {
  volatile ULONG types[2];
  types[0] = NonPagedPool;
  inFilter(&types[1]);
  return ExAllocatePoolWithTag((POOL_TYPE)types[0], size, TAG);
}
static NOINLINE void inHandler(volatile ULONG *place) {
  __try {
    Ask(1);
  } __except (1) {
    place[-1] = NonPagedPoolNx;
  }
}
/* expect: undetermined or ok 512 */
CASE(handler_of_callee)(SIZE_T size) {
  volatile ULONG types[2];
  types[0] = NonPagedPool;
  inHandler(&types[1]);
  return ExAllocatePoolWithTag((POOL_TYPE)types[0], size, TAG);
}

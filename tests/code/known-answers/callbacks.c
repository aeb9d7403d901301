/* Routines of the driver that Windows calls back find the structure around what it was given (CONTAINING_RECORD). */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

typedef struct _KDPC {
  ULONG_PTR links[4];
  void (*routine)(struct _KDPC *dpc, void *context);
  void *context;
} KDPC;
NTKERNELAPI void NTAPI KeInitializeDpc(volatile KDPC *dpc, void (*routine)(KDPC *dpc, void *context), void *context);

struct work {
  ULONG type;
  KDPC dpc;
};
static void finish(KDPC *dpc, void *context) {
  Consume(context);
  CONTAINING_RECORD(dpc, struct work, dpc)->type = NonPagedPoolNx;
}

/* expect: undetermined or ok 512 */
CASE(timer)(SIZE_T size) {
  volatile struct work work;
  work.type = NonPagedPool;
  KeInitializeDpc(&work.dpc, finish, 0);
  Ask(1);
  return ExAllocatePoolWithTag((POOL_TYPE)work.type, size, TAG);
}
/* ExInitializeWorkItem is a macro: the routine is stored, and nobody is given it. */
/* expect: undetermined or ok 512 */
CASE(work_item)(SIZE_T size) {
  volatile struct work work;
  work.type = NonPagedPool;
  work.dpc.routine = finish;
  Consume((void *)&work.dpc);
  return ExAllocatePoolWithTag((POOL_TYPE)work.type, size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(work_item_given_before)(SIZE_T size) {
  volatile struct work work;
  work.type = NonPagedPool;
  Consume((void *)&work.dpc);
  work.dpc.routine = finish;
  Ask(1);
  return ExAllocatePoolWithTag((POOL_TYPE)work.type, size, TAG);
}
/* The structure is that of somebody else, the context is ours. */
/* expect: undetermined or ok 512 */
CASE(context)(SIZE_T size, KDPC *dpc) {
  volatile struct work work;
  work.type = NonPagedPool;
  KeInitializeDpc(dpc, finish, (void *)&work.dpc);
  Ask(1);
  return ExAllocatePoolWithTag((POOL_TYPE)work.type, size, TAG);
}
static NOINLINE void startTimer(volatile KDPC *dpc) {
  KeInitializeDpc(dpc, finish, 0);
  Ask(3);
}
/* expect: undetermined or ok 512 */
CASE(timer_of_callee)(SIZE_T size) {
  volatile struct work work;
  work.type = NonPagedPool;
  startTimer(&work.dpc);
  return ExAllocatePoolWithTag((POOL_TYPE)work.type, size, TAG);
}
static NOINLINE void startItem(volatile KDPC *dpc) {
  dpc->routine = finish;
  Ask(2);
}
/* expect: undetermined or ok 512 */
CASE(work_item_of_callee)(SIZE_T size) {
  volatile struct work work;
  work.type = NonPagedPool;
  startItem(&work.dpc);
  Ask(1);
  return ExAllocatePoolWithTag((POOL_TYPE)work.type, size, TAG);
}
/* No routine: Windows keeps to what it is given. */
/* expect: violation 0 or undetermined */
CASE(no_routine)(SIZE_T size) {
  volatile struct work work;
  work.type = NonPagedPool;
  Consume((void *)&work.dpc);
  return ExAllocatePoolWithTag((POOL_TYPE)work.type, size, TAG);
}

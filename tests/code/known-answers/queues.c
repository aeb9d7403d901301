/* Requests on the stack whose links others keep: who takes one out of a queue finds the structure around it. */
#include "ddis.h"
#include "request.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

NTKERNELAPI LIST_ENTRY *NTAPI ExInterlockedInsertTailList(LIST_ENTRY *head, volatile LIST_ENTRY *entry, void *lock);

static LIST_ENTRY queue = {&queue, &queue};
static NOINLINE void process(void) {
  for (LIST_ENTRY *entry = queue.Flink; entry != &queue; entry = entry->Flink)
    CONTAINING_RECORD(entry, struct request, Entry)->Type = NonPagedPoolNx;
  Ask(5);
}
/* expect: undetermined or ok 512 */
CASE(queued)(SIZE_T size) {
  volatile struct request request;
  request.Type = NonPagedPool;
  request.Entry.Flink = &queue;
  request.Entry.Blink = queue.Blink;
  queue.Blink->Flink = (LIST_ENTRY *)&request.Entry;
  queue.Blink = (LIST_ENTRY *)&request.Entry;
  process();
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG);
}
/* Another thread takes it out while this one waits. */
/* expect: undetermined or ok 512 */
CASE(queued_by_pointer)(SIZE_T size, LIST_ENTRY *head) {
  volatile struct request request;
  request.Type = NonPagedPool;
  head->Blink->Flink = (LIST_ENTRY *)&request.Entry;
  head->Blink = (LIST_ENTRY *)&request.Entry;
  Ask(3);
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(queued_by_windows)(SIZE_T size, void *lock) {
  volatile struct request request;
  request.Type = NonPagedPool;
  ExInterlockedInsertTailList(&queue, &request.Entry, lock);
  process();
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG);
}
static NOINLINE void insert(LIST_ENTRY *entry) {
  entry->Flink = &queue;
  entry->Blink = queue.Blink;
  queue.Blink->Flink = entry;
  queue.Blink = entry;
  Ask(7);
}
/* expect: undetermined or ok 512 */
CASE(queued_by_callee)(SIZE_T size) {
  volatile struct request request;
  request.Type = NonPagedPool;
  insert((LIST_ENTRY *)&request.Entry);
  process();
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG);
}
static NOINLINE void insertAndAsk(LIST_ENTRY *entry) {
  Ask(9);
  insert(entry);
  Ask(10);
}
/* expect: undetermined or ok 512 */
CASE(queued_by_callee_of_callee)(SIZE_T size) {
  volatile struct request request;
  request.Type = NonPagedPool;
  insertAndAsk((LIST_ENTRY *)&request.Entry);
  process();
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG);
}

struct context {
  ULONG kind;
  LIST_ENTRY *entry;
};
struct both {
  struct request request;
  struct context context;
};
static NOINLINE void finish(volatile struct context *context) {
  CONTAINING_RECORD(context->entry, struct request, Entry)->Type = NonPagedPoolNx;
  Ask(4);
}
/* The address lies in what the callee is given. */
/* expect: undetermined or ok 512 */
CASE(address_in_context)(SIZE_T size) {
  volatile struct both both;
  both.request.Type = NonPagedPool;
  both.context.kind = 3;
  both.context.entry = (LIST_ENTRY *)&both.request.Entry;
  finish(&both.context);
  return ExAllocatePoolWithTag((POOL_TYPE)both.request.Type, size, TAG);
}
static NOINLINE void connect(volatile struct context *context, LIST_ENTRY *entry) {
  context->entry = entry;
  Ask(8);
}
/* expect: undetermined or ok 512 */
CASE(address_in_context_by_callee)(SIZE_T size) {
  volatile struct both both;
  both.request.Type = NonPagedPool;
  connect(&both.context, (LIST_ENTRY *)&both.request.Entry);
  finish(&both.context);
  return ExAllocatePoolWithTag((POOL_TYPE)both.request.Type, size, TAG);
}

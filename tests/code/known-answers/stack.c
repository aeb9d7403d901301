/* Structures and arrays on the stack: who writes them, directly, through pointers, below the address that was given. */
#include "ddis.h"
#include "request.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

static NOINLINE void fixRequest(LIST_ENTRY *entry) {
  struct request *request = CONTAINING_RECORD(entry, struct request, Entry);
  request->Type = NonPagedPoolNx;
  request->Depth = 7;
}
/* The callee is given the address of a member and writes one before it. */
/* expect: undetermined or ok 512 */
CASE(containing_record)(SIZE_T size) {
  struct request request;
  request.Type = NonPagedPool;
  Ask(1);
  fixRequest(&request.Entry);
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size + request.Depth, TAG);
}
static NOINLINE void linkRequest(LIST_ENTRY *entry, LIST_ENTRY *head) {
  entry->Flink = entry->Blink = head;
  fixRequest(entry);
}
/* expect: undetermined or ok 512 */
CASE(containing_record_passed_on)(SIZE_T size) {
  struct request request;
  LIST_ENTRY head;
  request.Type = NonPagedPool;
  Ask(1);
  linkRequest(&request.Entry, &head);
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size + (request.Entry.Flink == &head), TAG);
}
static NOINLINE void fixNinth(ULONG a, ULONG b, ULONG c, ULONG d, ULONG e, ULONG f, ULONG g, ULONG h, LIST_ENTRY *entry) {
  Ask(a + b + c + d + e + f + g + h);
  CONTAINING_RECORD(entry, struct request, Entry)->Type = NonPagedPoolNx;
}
/* expect: undetermined or ok 512 */
CASE(containing_record_on_stack)(SIZE_T size) {
  struct request request;
  request.Type = NonPagedPool;
  Ask(1);
  fixNinth(1, 2, 3, 4, 5, 6, 7, 8, &request.Entry);
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG);
}
struct part {
  void (*touch)(struct part *);
  ULONG kind;
};
struct whole {
  ULONG_PTR type;
  struct part part;
};
static NOINLINE void touchWhole(struct part *part) { CONTAINING_RECORD(part, struct whole, part)->type = NonPagedPoolNx; }
static NOINLINE void touchPart(struct part *part) { part->touch(part); }
/* A method of a second base class: called through a pointer, with the address of its part. */
/* expect: undetermined or ok 512 */
CASE(second_base_class)(SIZE_T size) {
  struct whole whole;
  whole.type = NonPagedPool;
  whole.part.touch = touchWhole;
  touchPart(&whole.part);
  return ExAllocatePoolWithTag((POOL_TYPE)whole.type, size, TAG);
}
/* It calls itself with an address before the one that it was given. */
static NOINLINE void fixBefore(volatile ULONG *last, ULONG more) {
  *last = NonPagedPoolNx;
  if (more != 0) fixBefore(last - 1, more - 1);
  Ask(more);
}
/* expect: undetermined or ok 512 */
CASE(filled_by_recursion)(SIZE_T size) {
  volatile ULONG types[40];
  types[33] = NonPagedPool;
  fixBefore(&types[39], 39);
  return ExAllocatePoolWithTag((POOL_TYPE)types[33], size, TAG);
}
/* Two that call each other; the writes of the first are the second's too. */
static NOINLINE void fixOdd(LIST_ENTRY *entry, ULONG depth);
static NOINLINE void fixEven(LIST_ENTRY *entry, ULONG depth) {
  if (depth != 0) fixOdd(entry, depth - 1);
  else fixRequest(entry);
  Ask(depth);
}
static NOINLINE void fixOdd(LIST_ENTRY *entry, ULONG depth) {
  if (depth != 0) fixEven(entry, depth - 1);
  Ask(depth);
}
/* expect: undetermined or ok 512 */
CASE(recursion_of_two)(SIZE_T size) {
  struct request request;
  request.Type = NonPagedPool;
  fixEven(&request.Entry, 2);
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size + request.Depth, TAG);
}
/* expect: undetermined or ok 512 */
CASE(recursion_of_two_by_the_second)(SIZE_T size) {
  struct request request;
  request.Type = NonPagedPool;
  fixOdd(&request.Entry, 1);
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size + request.Depth, TAG);
}
/* This one keeps to what it is given, however deep. */
static NOINLINE void countDown(LIST_ENTRY *entry, ULONG depth) {
  entry->Flink = entry;
  if (depth != 0) countDown(entry, depth - 1);
  Ask(depth);
}
/* expect: violation 0 or undetermined */
CASE(member_alone_in_recursion)(SIZE_T size) {
  struct request request;
  request.Type = NonPagedPool;
  countDown(&request.Entry, 3);
  Consume(request.Entry.Flink);
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG);
}
static NOINLINE void emptyList(LIST_ENTRY *entry) { entry->Flink = entry->Blink = entry; }
/* This callee keeps to what it is given. */
/* expect: violation 0 or undetermined */
CASE(member_alone)(SIZE_T size) {
  struct request request;
  request.Type = NonPagedPool;
  emptyList(&request.Entry);
  Consume(request.Entry.Flink);
  return ExAllocatePoolWithTag((POOL_TYPE)request.Type, size, TAG);
}

struct settings {
  ULONG version, type, flags;
};
static NOINLINE void fillSettings(struct settings *settings) {
  settings->version = Ask(3);
  settings->type = NonPagedPoolNx;
  settings->flags = 1;
}
/* expect: undetermined or ok 512 */
CASE(filled_by_callee)(SIZE_T size) {
  struct settings settings = {0, NonPagedPool, 0};
  fillSettings(&settings);
  return ExAllocatePoolWithTag((POOL_TYPE)settings.type, size + settings.version, TAG);
}
static NOINLINE void setNx(volatile ULONG *type) { *type = NonPagedPoolNx; }
/* expect: undetermined or ok 512 */
CASE(out_parameter)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  setNx(&type);
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* expect: undetermined or conditional 0 512 */
CASE(one_of_two)(ULONG which, SIZE_T size) {
  volatile ULONG first = NonPagedPool, second = NonPagedPool;
  volatile ULONG *volatile chosen = Ask(which) ? &first : &second;
  *chosen = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)first, size + second, TAG);
}
/* expect: undetermined */
CASE(one_of_two_arrays)(ULONG which, SIZE_T size) {
  volatile ULONG first[8], second[8];
  for (int index = 0; index < 8; index++) first[index] = second[index] = NonPagedPool;
  volatile ULONG *chosen = Ask(which) ? first : second;
  chosen[Ask(2) & 7] = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)first[2], size, TAG);
}
/* expect: undetermined */
CASE(byte_by_index)(ULONG which, SIZE_T size) {
  volatile UCHAR bytes[16];
  bytes[0] = bytes[1] = bytes[2] = bytes[3] = 0;
  bytes[Ask(which) & 3] = 2;
  return ExAllocatePoolWithTag((POOL_TYPE)(bytes[1] << 8), size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(filled_from_the_end)(SIZE_T size) {
  volatile ULONG types[40];
  types[3] = NonPagedPool;
  for (volatile ULONG *type = &types[39]; type >= types; type--) *type = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)types[3], size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(filled_from_the_start)(SIZE_T size) {
  volatile ULONG types[40];
  types[33] = NonPagedPool;
  for (int index = 0; index < 40; index++) types[index] = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)types[33], size, TAG);
}
/* An index from the last one back. */
/* expect: undetermined */
CASE(one_from_the_end)(SIZE_T size) {
  volatile ULONG types[40];
  types[33] = NonPagedPool;
  ULONG_PTR back = Ask(1) & 31;
  (&types[39])[-(long long)back] = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)types[33], size, TAG);
}
static NOINLINE void fixBack(volatile ULONG *last, ULONG_PTR back) { last[-(long long)back] = NonPagedPoolNx; }
/* expect: undetermined */
CASE(one_from_the_end_by_callee)(SIZE_T size) {
  volatile ULONG types[40];
  types[33] = NonPagedPool;
  fixBack(&types[39], Ask(1) & 31);
  return ExAllocatePoolWithTag((POOL_TYPE)types[33], size, TAG);
}
/* An index that counts up to zero. */
/* expect: undetermined or ok 512 */
CASE(filled_by_negative_index)(SIZE_T size) {
  volatile ULONG types[40];
  types[33] = NonPagedPool;
  for (ULONG_PTR index = (ULONG_PTR)-40; index != 0; index++) (types + 40)[(long long)(index << 1) / 2] = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)types[33], size, TAG);
}
union parts {
  ULONG type;
  USHORT halves[2];
  UCHAR bytes[4];
};
/* expect: ok 512 or undetermined */
CASE(byte_of_union)(SIZE_T size) {
  volatile union parts parts;
  parts.type = NonPagedPool;
  parts.bytes[1] = 2;
  return ExAllocatePoolWithTag((POOL_TYPE)parts.type, size, TAG);
}
/* expect: ok 512 */
CASE(swapped)(SIZE_T size) {
  ULONG first = NonPagedPool, second = NonPagedPoolNx, third;
  Ask(1);
  third = first;
  first = second;
  second = third;
  Ask(2);
  return ExAllocatePoolWithTag((POOL_TYPE)first, size + second, TAG);
}
/* expect: ok 512 or undetermined */
CASE(pointer_to_pointer)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  volatile ULONG *volatile pointer = &type;
  volatile ULONG *volatile *volatile outer = &pointer;
  **outer = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* expect: undetermined or violation 0 */
CASE(memset_to_zero)(SIZE_T size) {
  struct settings settings;
  memset(&settings, 0, sizeof settings);
  settings.flags = Ask(1);
  return ExAllocatePoolWithTag((POOL_TYPE)settings.type, size + settings.flags, TAG);
}
static const struct settings safe = {1, NonPagedPoolNx, 3};
/* expect: undetermined or ok 512 */
CASE(memcpy_over)(SIZE_T size) {
  struct settings settings = {0, NonPagedPool, 0};
  Ask(1);
  memcpy(&settings, &safe, sizeof settings);
  return ExAllocatePoolWithTag((POOL_TYPE)settings.type, size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(assigned_over)(SIZE_T size) {
  volatile struct settings settings = {0, NonPagedPool, 0};
  Ask(1);
  settings = safe;
  return ExAllocatePoolWithTag((POOL_TYPE)settings.type, size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(interlocked_or)(SIZE_T size) {
  volatile LONG type = NonPagedPool;
  __sync_fetch_and_or(&type, NonPagedPoolNx);
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(interlocked_exchange)(SIZE_T size) {
  volatile LONG type = NonPagedPool;
  __sync_bool_compare_and_swap(&type, NonPagedPool, NonPagedPoolNx);
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
struct lookaside {
  void *list;
  ULONG flags;
};
/* What a table on the stack holds, one entry after the other. */
/* expect: violation 0, violation 16 or violation 0 16 or undetermined */
CASE(table_of_lists)(void *first, void *second) {
  struct lookaside table[2] = {{first, 0}, {second, POOL_RAISE}};
  for (int index = 0; index < 2; index++)
    ExInitializeNPagedLookasideList(table[index].list, 0, 0, table[index].flags, 64, TAG, 0);
  return first;
}
/* expect: ok 512, ok 528 or ok 512 528 or undetermined */
CASE(table_of_nx_lists)(void *first, void *second) {
  struct lookaside table[2] = {{first, POOL_NX}, {second, POOL_NX | POOL_RAISE}};
  for (int index = 0; index < 2; index++)
    ExInitializeNPagedLookasideList(table[index].list, 0, 0, table[index].flags, 64, TAG, 0);
  return first;
}

/* Windows writes variables of the function: not its arguments, which lie above the return address. */
/* expect in mapsSection: ok 4 */
NOINLINE PVOID mapsSection(ULONG a, ULONG b, ULONG c, ULONG d, ULONG e, ULONG f, ULONG g, ULONG h, POOL_TYPE type) {
  SIZE_T size = a + b + c + d + e + f + g + h;
  PVOID base = 0;
  ZwMapViewOfSection(0, 0, &base, 0, 0, 0, &size, 2, 0, PAGE_READWRITE);
  return base ? ExAllocatePoolWithTag(type, size, TAG) : 0;
}
/* expect: violation 0 */
CASE(maps_plain)(void) { return mapsSection(1, 2, 3, 4, 5, 6, 7, 8, NonPagedPool); }
/* expect: ok 512 */
CASE(maps_nx)(void) { return mapsSection(2, 3, 4, 5, 6, 7, 8, 9, NonPagedPoolNx); }
/* It keeps an argument of it. */
/* expect in mapsArgument: ok 4, undetermined */
NOINLINE PVOID mapsArgument(ULONG a, ULONG b, ULONG c, ULONG d, ULONG e, ULONG f, ULONG g, ULONG h, POOL_TYPE type) {
  SIZE_T size = a + b + c + d + e + f + g + h;
  ZwMapViewOfSection(0, 0, (PVOID *)&type, 0, 0, 0, &size, 2, 0, PAGE_READWRITE);
  return ExAllocatePoolWithTag(type, size, TAG);
}
/* expect: none */
CASE(maps_argument_plain)(void) { return mapsArgument(1, 2, 3, 4, 5, 6, 7, 8, NonPagedPool); }
/* expect: none */
CASE(maps_argument_nx)(void) { return mapsArgument(2, 3, 4, 5, 6, 7, 8, 9, NonPagedPoolNx); }

/* Branches, loops, switches, what a call leaves and what it may change. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

/* expect: conditional 0 512 */
CASE(conditional)(ULONG isWin8, SIZE_T size) {
  return ExAllocatePoolWithTag(Ask(isWin8) ? NonPagedPoolNx : NonPagedPool, size, TAG);
}
/* expect: violation 0 4 */
CASE(conditional_both_bad)(ULONG aligned, SIZE_T size) {
  return ExAllocatePoolWithTag(Ask(aligned) ? NonPagedPoolCacheAligned : NonPagedPool, size, TAG);
}
/* expect: ok 1 512 */
CASE(conditional_both_good)(ULONG paged, SIZE_T size) {
  return ExAllocatePoolWithTag(Ask(paged) ? PagedPool : NonPagedPoolNx, size, TAG);
}
/* expect: conditional 0 1 512 */
CASE(three_ways)(ULONG which, SIZE_T size) {
  POOL_TYPE type = NonPagedPool;
  if (which == 1) type = PagedPool;
  else if (Ask(which)) type = NonPagedPoolNx;
  return ExAllocatePoolWithTag(type, size, TAG);
}
/* expect: violation 0, ok 512 */
CASE(branch_with_calls)(ULONG which, SIZE_T size) {
  void *memory;
  if (Ask(which)) {
    memory = ExAllocatePoolWithTag(NonPagedPool, size, TAG);
    Consume(memory);
  } else {
    memory = ExAllocatePoolWithTag(NonPagedPoolNx, size + 1, TAG);
  }
  return memory;
}
/* expect: violation 0 */
CASE(loop)(ULONG count, SIZE_T size) {
  void *last = 0;
  for (ULONG index = 0; index < count; index++) {
    last = ExAllocatePoolWithTag(NonPagedPool, size + index, TAG);
    if (!last) break;
    Consume(last);
  }
  return last;
}
/* expect: ok 512 */
CASE(nested_loops)(ULONG count, SIZE_T size) {
  void *last = 0;
  for (ULONG outer = 0; outer < count; outer++)
    for (ULONG inner = 0; inner < outer; inner++) last = ExAllocatePoolWithTag(NonPagedPoolNx, size * inner, TAG);
  return last;
}
/* expect: conditional 0 512 or violation 0, ok 512 */
CASE(changed_in_loop)(ULONG count, SIZE_T size) {
  POOL_TYPE type = NonPagedPool;
  void *last = 0;
  while (count-- > 0) {
    last = ExAllocatePoolWithTag(type, size, TAG);
    type = NonPagedPoolNx;
  }
  return last;
}
/* expect: violation 0 */
CASE(retry)(SIZE_T size) {
  void *memory;
  do memory = ExAllocatePoolWithTag(NonPagedPool, size, TAG);
  while (!memory && Ask(1));
  return memory;
}
/* On x86 one call may serve all cases. */
/* expect: violation 0, ok 512, ok 1, violation 4, ok 516 or conditional 0 1 4 512 516 */
CASE(switch_cases)(ULONG which, SIZE_T size) {
  void *memory = 0;
  switch (which) {
    case 0:
      memory = ExAllocatePoolWithTag(NonPagedPool, size, TAG);
      Consume("0");
      break;
    case 1:
      memory = ExAllocatePoolWithTag(NonPagedPoolNx, size + 1, TAG);
      Consume("10");
      break;
    case 2:
      memory = ExAllocatePoolWithTag(PagedPool, size + 2, TAG);
      Consume("200");
      break;
    case 3:
      memory = ExAllocatePoolWithTag(NonPagedPoolCacheAligned, size + 3, TAG);
      Consume("3000");
      break;
    case 4:
      memory = ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, size + 4, TAG);
      Consume("40000");
      break;
    case 5:
      Consume("500000");
      break;
  }
  return memory;
}
/* expect: conditional 0 1 512|undetermined */
CASE(switch_value)(ULONG which, SIZE_T size) {
  POOL_TYPE type;
  switch (which) {
    case 0: type = NonPagedPool; Consume("0"); break;
    case 1: type = NonPagedPoolNx; Consume("10"); break;
    case 2: type = PagedPool; Consume("200"); break;
    case 3: type = NonPagedPool; Consume("3000"); break;
    case 4: type = NonPagedPoolNx; Consume("40000"); break;
    default: type = PagedPool; Consume("500000"); break;
  }
  return ExAllocatePoolWithTag(type, size, TAG);
}
/* expect: conditional 0 512 */
CASE(switch_fall_through)(ULONG which, SIZE_T size) {
  POOL_TYPE type = NonPagedPoolNx;
  switch (which) {
    case 0: Consume("0"); return 0;
    case 1: Consume("10"); return (void *)"1";
    case 2: Consume("200"); return (void *)"22";
    case 3: Consume("3000"); type = NonPagedPool; /* and on */
    case 4: return ExAllocatePoolWithTag(type, size, TAG);
    case 5: Consume("500000"); return (void *)"333";
  }
  return 0;
}
/* expect: violation 0 */
CASE(equality)(ULONG type, SIZE_T size) {
  if (Ask(type) != 0) return 0;
  return ExAllocatePoolWithTag(NonPagedPool, size, TAG);
}
/* expect: violation 0 */
CASE(equality_of_value)(ULONG question, SIZE_T size) {
  ULONG type = Ask(question);
  if (type != NonPagedPool) return 0;
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* expect: ok 512 */
CASE(equality_of_nx)(ULONG question, SIZE_T size) {
  ULONG type = Ask(question);
  if (type == NonPagedPoolNx) return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
  return 0;
}
/* expect: violation 0 */
CASE(across_calls)(SIZE_T size) {
  POOL_TYPE type = NonPagedPool;
  Consume("before");
  if (Ask(3)) Consume("between");
  return ExAllocatePoolWithTag(type, size, TAG);
}
/* A callee may change what it was given the address of. */
/* expect: undetermined */
CASE(escaped)(SIZE_T size) {
  ULONG type = NonPagedPool;
  Consume(&type);
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
struct configuration {
  ULONG depth;
  ULONG type;
};
/* expect: undetermined */
CASE(escaped_field)(SIZE_T size) {
  struct configuration configuration = {4, NonPagedPool};
  Consume(&configuration);
  return ExAllocatePoolWithTag((POOL_TYPE)configuration.type, size, TAG);
}
/* expect: undetermined */
CASE(escaped_earlier)(SIZE_T size) {
  struct configuration configuration;
  struct configuration *kept = &configuration;
  Consume(&kept);
  configuration.depth = 0;
  configuration.type = NonPagedPool;
  Ask(2);
  return ExAllocatePoolWithTag((POOL_TYPE)configuration.type, size, TAG);
}
/* expect: undetermined */
CASE(written_by_index)(ULONG index, SIZE_T size) {
  ULONG values[4];
  values[0] = values[1] = values[2] = values[3] = 0;
  values[Ask(index) & 3] = POOL_NX;
  return ExAllocatePoolWithTag((POOL_TYPE)values[1], size, TAG);
}
/* expect: violation 0 */
CASE(big_frame)(ULONG index, SIZE_T size) {
  volatile UCHAR buffer[2000];
  buffer[index % 2000] = 1;
  return (void *)((ULONG_PTR)ExAllocatePoolWithTag(NonPagedPool, size, TAG) + buffer[index % 1000]);
}
/* expect: ok 512 */
CASE(many_live_values)(ULONG a, SIZE_T size) {
  ULONG b = Ask(a), c = Ask(b), d = Ask(c), e = Ask(d), f = Ask(e), g = Ask(f), h = Ask(g), i = Ask(h), j = Ask(i);
  void *memory = ExAllocatePoolWithTag(NonPagedPoolNx, size + b, TAG);
  return (void *)((ULONG_PTR)memory + b * c + d * e + f * g + h * i + j);
}
/* expect: violation 0 */
CASE(early_return)(ULONG a, SIZE_T size) {
  if (Ask(a)) return 0;
  if (Ask(a + 1)) return (void *)1;
  void *memory = ExAllocatePoolWithTag(NonPagedPool, size, TAG);
  if (memory) Consume(memory);
  return memory;
}
/* The comparison before the table says something of another variable. */
/* expect: conditional 0 512 or undetermined */
CASE(other_compared_before_switch)(SIZE_T size, ULONG which, ULONG other) {
  volatile POOL_TYPE type = NonPagedPoolNx;
  which = Ask(which);
  if (Ask(other) <= 1) {
    switch (which & 7) {
      case 0: Ask(10); __attribute__((fallthrough));
      case 1: type = NonPagedPool; Ask(11); __attribute__((fallthrough));
      case 2: case 5: Ask(12); return (UCHAR *)ExAllocatePoolWithTag(type, size, TAG) + 1;
      case 3: Ask(13); break;
      case 6: Ask(14); Ask(15); break;
      case 7: Ask(16); Ask(17); Ask(18); break;
    }
  }
  return 0;
}

/* Of 64 bits the low half is compared: of the other one that says nothing. */
/* expect: undetermined */
CASE(other_half)(ULONG64 number, SIZE_T size) {
  if ((ULONG)number != 0) return 0;
  return ExAllocatePoolWithTag((POOL_TYPE)(number >> 32), size, TAG);
}
/* expect: ok 512, violation 0 or conditional 0 512 */
CASE(whole_after_half)(ULONG64 number, SIZE_T size) {
  if ((ULONG)number != 0) return 0;
  Ask(1);
  if (number == 0) return ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
  return ExAllocatePoolWithTag(NonPagedPool, size + 1, TAG);
}
#if defined(__i386__) || defined(__x86_64__)
/* DEC leaves zero where JNE does not jump. */
/* expect: violation 0 or none */
CASE(counted_to_zero)(ULONG count, SIZE_T size) {
  __asm__ goto("decl %0; jne %l[others]" : "+r"(count) : : "cc" : others);
  return ExAllocatePoolWithTag((POOL_TYPE)count, size, TAG);
others:
  return 0;
}
/* expect: undetermined or none */
CASE(counted_to_others)(ULONG count, SIZE_T size) {
  __asm__ goto("decl %0; je %l[zero]" : "+r"(count) : : "cc" : zero);
  return ExAllocatePoolWithTag((POOL_TYPE)count, size, TAG);
zero:
  return 0;
}
#endif

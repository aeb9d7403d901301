/* x86: arguments on the stack, above the return address, which nobody writes who was given a variable below it. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }
#define NAKED __attribute__((naked))

/* Windows writes a variable below. */
NOINLINE PVOID askedVersion(POOL_TYPE type, SIZE_T size) {
  VERSION_INFO info;
  info.Size = sizeof(info);
  RtlGetVersion(&info);
  return ExAllocatePoolWithTag(type, info.BuildNumber + size, TAG);
}
/* expect: violation 0 */
CASE(version_plain)(void) { return askedVersion(NonPagedPool, 10); }
/* expect: ok 512 */
CASE(version_nx)(void) { return askedVersion(NonPagedPoolNx, 20); }

/* Windows has been given the argument too. */
/* expect in askedType: undetermined */
NOINLINE PVOID askedType(POOL_TYPE type, SIZE_T size) {
  VERSION_INFO info;
  info.Size = sizeof(info);
  ExFreePoolWithTag(&type, TAG);
  RtlGetVersion(&info);
  return ExAllocatePoolWithTag(type, info.BuildNumber + size, TAG);
}
/* expect: none */
CASE(type_plain)(void) { return askedType(NonPagedPool, 10); }
/* expect: none */
CASE(type_nx)(void) { return askedType(NonPagedPoolNx, 20); }

/* A callee that is given the frame finds the arguments from it, as what a __finally block was made of does. */
__attribute__((used)) void changesCaller(char *frame) { *(ULONG *)(frame + 8) = Ask(3); }
PVOID givesFrame(POOL_TYPE type);
/* expect in givesFrame: undetermined */
NAKED PVOID givesFrame(POOL_TYPE type) {
  __asm__("push %ebp\n mov %esp, %ebp\n sub $8, %esp\n push %ebp\n call _changesCaller\n add $4, %esp\n"
          "push $0x54546761\n push $16\n push 8(%ebp)\n call *__imp__ExAllocatePoolWithTag@12\n leave\n ret\n");
}
/* expect: none */
CASE(frame_plain)(void) { return givesFrame(NonPagedPool); }
/* expect: none */
CASE(frame_nx)(void) { return givesFrame(NonPagedPoolNx); }
/* The same, with another argument behind it and the address made before. */
PVOID givesBottom(POOL_TYPE type);
__attribute__((used)) void changesAbove(ULONG by, char *bottom) { *(ULONG *)(bottom + 12) = Ask(by); }
/* expect in givesBottom: undetermined */
NAKED PVOID givesBottom(POOL_TYPE type) {
  __asm__("sub $8, %esp\n mov %esp, %eax\n push %eax\n push $7\n call _changesAbove\n add $8, %esp\n"
          "push $0x54546761\n push $16\n push 20(%esp)\n call *__imp__ExAllocatePoolWithTag@12\n add $8, %esp\n ret\n");
}
/* expect: none */
CASE(bottom_plain)(void) { return givesBottom(NonPagedPool); }
/* expect: none */
CASE(bottom_nx)(void) { return givesBottom(NonPagedPoolNx); }

/* An array among the arguments begins, for who counts from 4, below the return address. */
struct choices {
  POOL_TYPE types[4];
};
/* expect in filledFrom: undetermined */
NOINLINE PVOID filledFrom(struct choices of, ULONG index) {
  VERSION_INFO info;
  info.Size = sizeof(info);
  RtlGetVersion(&info);
  of.types[index - 4] = Ask(info.BuildNumber);
  RtlGetVersion(&info);
  return ExAllocatePoolWithTag(of.types[0], info.BuildNumber, TAG);
}
/* expect: none */
CASE(filled_plain)(void) { return filledFrom((struct choices){{NonPagedPool, PagedPool}}, 4); }
/* expect: none */
CASE(filled_nx)(void) { return filledFrom((struct choices){{NonPagedPoolNx, PagedPool}}, 5); }

/* x86: callees that nobody knows take arguments off a stack without a frame pointer; paths that called them meet others. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }
void unused(void) { Consume(ExAllocatePoolWithTag(PagedPool, 1, TAG)); }
void *callback;

#define NAKED __attribute__((naked))
#define ALLOCATE "push $0x54546761\n push $16\n push %eax\n call *__imp__ExAllocatePoolWithTag@12\n"

/* One path calls somebody and writes the variable then. */
/* expect: conditional 0 512 */
CASE(written_behind_call)(void);
NAKED void *case_written_behind_call(void) {
  __asm__("sub $8, %esp\n movl $0, 4(%esp)\n cmpl $0, 12(%esp)\n je behind_call_meets\n"
          "push $1\n push $2\n call *_callback\n movl $512, 4(%esp)\n"
          "behind_call_meets: mov 4(%esp), %eax\n" ALLOCATE "add $8, %esp\n ret\n");
}
/* The same, behind two calls. */
/* expect: conditional 0 512|undetermined */
CASE(written_between_calls)(void);
NAKED void *case_written_between_calls(void) {
  __asm__("sub $8, %esp\n movl $0, 4(%esp)\n cmpl $0, 12(%esp)\n je between_calls_meets\n"
          "push $1\n push $2\n call *_callback\n movl $512, 4(%esp)\n push $3\n call *_callback\n"
          "between_calls_meets: mov 4(%esp), %eax\n" ALLOCATE "add $8, %esp\n ret\n");
}
/* What the path that called somebody pushes, with the call itself where the paths meet. */
/* expect: conditional 0 512 */
CASE(pushed_behind_call)(void);
NAKED void *case_pushed_behind_call(void) {
  __asm__("push %ebx\n mov 8(%esp), %ebx\n push %ebx\n call *_callback\n test %ebx, %ebx\n je pushed_other\n"
          "push $0x54546761\n push $16\n push $512\n jmp pushed_meets\n"
          "pushed_other: push $8\n push $9\n push $10\n call *_callback\n"
          "push $0x54546761\n push $16\n push $0\n"
          "pushed_meets: call *__imp__ExAllocatePoolWithTag@12\n pop %ebx\n ret\n");
}
/* An address of the variable is given to the driver's own code behind the call. */
/* expect: undetermined */
CASE(given_behind_call)(void);
NAKED void *case_given_behind_call(void) {
  __asm__("sub $8, %esp\n movl $0, 4(%esp)\n cmpl $0, 12(%esp)\n je given_meets\n"
          "push $1\n call *_callback\n lea 4(%esp), %eax\n push %eax\n call *_callback\n"
          "given_meets: mov 4(%esp), %eax\n" ALLOCATE "add $8, %esp\n ret\n");
}

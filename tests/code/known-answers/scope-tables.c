/* x86 as Visual C++ has it: filters, __except and __finally blocks lie inside of their function and share its frame. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

#define NAKED __attribute__((naked))
#define PROLOGUE(table)                    \
  "push %ebp\n mov %esp, %ebp\n push $-1\n" \
  "push $" table "\n push $__except_handler3\n" \
  "mov %fs:0, %eax\n push %eax\n mov %esp, %fs:0\n" \
  "sub $16, %esp\n push %ebx\n push %esi\n push %edi\n mov %esp, -24(%ebp)\n"
#define EPILOGUE                                 \
  "mov -16(%ebp), %ecx\n mov %ecx, %fs:0\n"      \
  "pop %edi\n pop %esi\n pop %ebx\n leave\n ret\n"
#define ALLOCATE "push $0x54546761\n push $16\n push %ebx\n call *__imp__ExAllocatePoolWithTag@12\n"

int _except_handler3() { return 1; }
void unused(void) { Consume(ExAllocatePoolWithTag(PagedPool, 1, TAG)); }

/* Behind the handler, where it meets the path without an exception: both have set EBX to 0. */
/* expect: violation 0 */
CASE(after_except)(void);
NAKED void *case_after_except(void) {
  __asm__(PROLOGUE("scopes_after_except")
          "xor %ebx, %ebx\n movl $0, -4(%ebp)\n push $0\n call *__imp__Consume@4\n"
          "movl $-1, -4(%ebp)\n jmp after_except_meets\n"
          "after_except_filter: mov $1, %eax\n ret\n"
          "after_except_handler: mov -24(%ebp), %esp\n movl $-1, -4(%ebp)\n xor %ebx, %ebx\n"
          "after_except_meets:\n" ALLOCATE EPILOGUE
          ".section .rdata,\"dr\"\n .p2align 2\n"
          "scopes_after_except: .long -1, after_except_filter, after_except_handler\n .text\n");
}

/* The block changes a variable of the frame; it is called, and ends with a RET. */
/* expect: undetermined */
CASE(called_finally)(void);
NAKED void *case_called_finally(void) {
  __asm__(PROLOGUE("scopes_called_finally")
          "movl $0, -28(%ebp)\n movl $0, -4(%ebp)\n push $0\n call *__imp__Consume@4\n"
          "movl $-1, -4(%ebp)\n call called_finally_block\n mov -28(%ebp), %ebx\n" ALLOCATE EPILOGUE
          "called_finally_block: movl $512, -28(%ebp)\n ret\n"
          ".section .rdata,\"dr\"\n .p2align 2\n"
          "scopes_called_finally: .long -1, 0, called_finally_block\n .text\n");
}

/* _except_handler4: the records come behind the cookies. The filter changes a variable and lets the block go on. */
/* expect: undetermined */
CASE(filter_decides)(void);
NAKED void *case_filter_decides(void) {
  __asm__(PROLOGUE("scopes_filter_decides")
          "movl $0, -28(%ebp)\n movl $0, -4(%ebp)\n push $0\n call *__imp__Consume@4\n"
          "mov -28(%ebp), %ebx\n movl $-1, -4(%ebp)\n" ALLOCATE
          "filter_decides_leaves:\n" EPILOGUE
          "filter_decides_filter: movl $512, -28(%ebp)\n mov $-1, %eax\n ret\n"
          "filter_decides_handler: mov -24(%ebp), %esp\n xor %eax, %eax\n jmp filter_decides_leaves\n"
          ".section .rdata,\"dr\"\n .p2align 2\n"
          "scopes_filter_decides: .long -2, 0, -40, 0, -2, filter_decides_filter, filter_decides_handler\n .text\n");
}

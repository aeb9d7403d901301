# Call forms of MSVC on x64, byte for byte. `expect:` is read by the test.
  .intel_syntax noprefix
  .text

  .macro function name
  .globl \name
  .seh_proc \name
\name:
  sub rsp, 0x28
  .seh_stackalloc 0x28
  .seh_endprologue
  .endm
  .macro leave
  add rsp, 0x28
  ret
  .seh_endproc
  .endm
  .macro allocate type
  mov r8d, 0x706d6153
  mov edx, 16
  mov ecx, \type
  .endm

# Import optimisation: REX.W call [rip+disp32], then a nop of five bytes (48 FF 15 .. 0F 1F 44 00 00).
  .macro optimised target
  .byte 0x48
  call qword ptr [rip + \target]
  .byte 0x0f, 0x1f, 0x44, 0x00, 0x00
  .endm

# expect: violation 0
function case_optimised_call
  allocate 0
  optimised __imp_ExAllocatePoolWithTag
leave

# expect: ok 512
function case_optimised_safe
  allocate 0x200
  optimised __imp_ExAllocatePoolWithTag
leave

# Two in a row: what the nop behind the first leaves alone.
# expect: ok 512, violation 4
function case_optimised_twice
  allocate 0x200
  optimised __imp_ExAllocatePoolWithTag
  allocate 4
  optimised __imp_ExAllocatePoolWithTag
leave

# A tail call with REX.W, as epilogues have it: 48 FF 25.
# expect: violation 0
function case_tail_call
  allocate 0
  add rsp, 0x28
  .byte 0x48
  jmp qword ptr [rip + __imp_ExAllocatePoolWithTag]
  .seh_endproc

# Retpoline-ready: the target in a register, then a nop of three bytes (FF D0 0F 1F 00).
# expect: violation 0
function case_register
  allocate 0
  mov rax, qword ptr [rip + __imp_ExAllocatePoolWithTag]
  call rax
  .byte 0x0f, 0x1f, 0x00
leave

# Control-flow guard: the target in RAX, the call through __guard_dispatch_icall_fptr.
# expect: violation 0
function case_guard_dispatch
  allocate 0
  mov rax, qword ptr [rip + __imp_ExAllocatePoolWithTag]
  call qword ptr [rip + __guard_dispatch_icall_fptr]
leave

# expect: ok 512
function case_guard_dispatch_optimised
  allocate 0x200
  mov rax, qword ptr [rip + __imp_ExAllocatePoolWithTag]
  optimised __guard_dispatch_icall_fptr
leave

# expect: violation 4
function case_guard_dispatch_tail
  allocate 4
  mov rax, qword ptr [rip + __imp_ExAllocatePoolWithTag]
  add rsp, 0x28
  .byte 0x48
  jmp qword ptr [rip + __guard_dispatch_icall_fptr]
  .seh_endproc

# A pointer that nobody knows goes through the guard: no DDI of the catalogue.
# expect: none
function case_guard_dispatch_unknown
  mov rax, qword ptr [rcx + 8]
  allocate 0
  call qword ptr [rip + __guard_dispatch_icall_fptr]
leave

# The check of before Visual Studio 2017: target in RCX, which the check keeps, then the call.
# expect: violation 0
  .globl case_guard_check
  .seh_proc case_guard_check
case_guard_check:
  push rbx
  .seh_pushreg rbx
  sub rsp, 0x20
  .seh_stackalloc 0x20
  .seh_endprologue
  mov rbx, qword ptr [rip + __imp_ExAllocatePoolWithTag]
  mov rcx, rbx
  call qword ptr [rip + __guard_check_icall_fptr]
  allocate 0
  call rbx
  add rsp, 0x20
  pop rbx
  ret
  .seh_endproc

# Without __declspec(dllimport): through the linker's stub.
# expect: violation 0
function case_stub
  allocate 0
  call ExAllocatePoolWithTag
leave

# Leaves have no unwind data; this one begins with the room for a patch, which looks like padding.
# expect: violation 0, ok 512
function case_patchable_leaf
  allocate 0
  call patchable
  allocate 0x200
  call patchable
leave
  .p2align 4, 0xcc
patchable:
  nop dword ptr [rax + 8]
  mov r8d, 0x706d6153
  jmp qword ptr [rip + __imp_ExAllocatePoolWithTag]
  .p2align 4, 0xcc

# LOOP leaves another number in RCX than was there before.
# expect: undetermined
function case_loop_counts
  allocate 4
1:
  nop
  loop 1b
  call [rip + __imp_ExAllocatePoolWithTag]
leave

# The address on the stack is the index, the unknown distance the base.
# expect: undetermined
function case_address_as_index
  mov dword ptr [rsp + 0x20], 0
  mov dword ptr [rsp + 0x24], 0
  lea r10, [rsp + 0x20]
  mov dword ptr [rax + r10], 0x200
  allocate 0
  mov ecx, dword ptr [rsp + 0x24]
  call [rip + __imp_ExAllocatePoolWithTag]
leave

  .globl DriverEntry
DriverEntry:
  xor eax, eax
  ret
guard_nop:
  ret
guard_dispatch:
  jmp rax

  .section .rdata,"dr"
  .balign 8
__guard_check_icall_fptr:
  .quad guard_nop
__guard_dispatch_icall_fptr:
  .quad guard_dispatch
# IMAGE_LOAD_CONFIG_DIRECTORY64: GuardCFCheckFunctionPointer at 0x70, GuardCFDispatchFunctionPointer at 0x78.
  .globl _load_config_used
  .balign 8
_load_config_used:
  .long 0x94
  .zero 0x6c
  .quad __guard_check_icall_fptr
  .quad __guard_dispatch_icall_fptr
  .zero 0x14

# Call forms of MSVC on x86. `expect:` is read by the test.
  .intel_syntax noprefix
  .text

  .macro allocate type
  push 0x706d6153
  push 16
  push \type
  .endm

# expect: violation 0
  .globl _case_plain
_case_plain:
  push ebp
  mov ebp, esp
  allocate 0
  call dword ptr [__imp__ExAllocatePoolWithTag@12]
  pop ebp
  ret

# The target in ECX, which __guard_check_icall_fptr keeps, the arguments on the stack before it.
# expect: violation 0
  .globl _case_guard_check
_case_guard_check:
  push ebp
  mov ebp, esp
  push esi
  mov esi, dword ptr [__imp__ExAllocatePoolWithTag@12]
  allocate 0
  mov ecx, esi
  call dword ptr [___guard_check_icall_fptr]
  call esi
  pop esi
  pop ebp
  ret

# expect: ok 512
  .globl _case_guard_check_safe
_case_guard_check_safe:
  push ebp
  mov ebp, esp
  push esi
  mov esi, dword ptr [__imp__ExAllocatePoolWithTag@12]
  allocate 512
  mov ecx, esi
  call dword ptr [___guard_check_icall_fptr]
  call esi
  pop esi
  pop ebp
  ret

# A tail call: the caller's arguments are its own.
# expect: violation 4
  .globl _case_tail
_case_tail:
  mov dword ptr [esp + 4], 4
  jmp dword ptr [__imp__ExAllocatePoolWithTag@12]

  .globl _DriverEntry@8
_DriverEntry@8:
  call _case_plain
  call _case_guard_check
  call _case_guard_check_safe
  push 0x706d6153
  push 16
  push 0
  call _case_tail
  xor eax, eax
  ret 8
guard_nop:
  ret

  .section .rdata,"dr"
  .balign 4
___guard_check_icall_fptr:
  .long guard_nop
# IMAGE_LOAD_CONFIG_DIRECTORY32: GuardCFCheckFunctionPointer at 0x48, GuardCFDispatchFunctionPointer at 0x4c.
  .globl __load_config_used
  .balign 4
__load_config_used:
  .long 0x5c
  .zero 0x44
  .long ___guard_check_icall_fptr
  .zero 0x10

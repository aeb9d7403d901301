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

# GCC passes the arguments of static functions in registers, eax first.
# expect: undetermined
  .globl _case_address_in_eax
_case_address_in_eax:
  sub esp, 12
  mov dword ptr [esp + 4], 0
  lea eax, [esp + 4]
  call set_nx
  push 0x706d6153
  push 16
  push dword ptr [esp + 12]
  call dword ptr [__imp__ExAllocatePoolWithTag@12]
  add esp, 12
  ret
set_nx:
  mov dword ptr [eax], 0x200
  ret

# GNU as pads with lea, and only a pointer in data leads here.
  .byte 0x8d, 0xb4, 0x26, 0, 0, 0, 0
# expect: violation 4
  .globl _case_behind_padding
_case_behind_padding:
  sub esp, 12
  allocate 4
  call dword ptr [__imp__ExAllocatePoolWithTag@12]
  add esp, 12
  ret
  .byte 0x8d, 0x76, 0
# expect: violation 0
  .globl _case_behind_short_padding
_case_behind_short_padding:
  sub esp, 12
  allocate 0
  call dword ptr [__imp__ExAllocatePoolWithTag@12]
  add esp, 12
  ret

# MSVC aligns the loop with lea ecx, [ecx], which nothing leads to; the function's address stays in ebx.
# expect: violation 0
  .globl _case_aligned_loop
_case_aligned_loop:
  push ebp
  mov ebp, esp
  push ebx
  push esi
  mov ebx, dword ptr [__imp__ExAllocatePoolWithTag@12]
  mov esi, 3
  jmp 1f
  .byte 0x8d, 0x49, 0
1:
  allocate 0
  call ebx
  dec esi
  jne 1b
  pop esi
  pop ebx
  pop ebp
  ret

# The function's address is kept for later.
  .globl _keeps_address
_keeps_address:
  mov eax, dword ptr [__imp__ExAllocatePoolWithTag@12]
  mov dword ptr [_kept], eax
  ret

# Behind bytes that are no padding: the export directory alone says that it starts here.
  .zero 3
# expect: violation 4
  .globl _case_exported
_case_exported:
  sub esp, 12
  allocate 4
  call dword ptr [__imp__ExAllocatePoolWithTag@12]
  add esp, 12
  ret

  .globl _DriverEntry@8
_DriverEntry@8:
  call _case_aligned_loop
  call _keeps_address
  call _case_address_in_eax
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

  .section .data,"dw"
  .balign 4
_kept:
  .long 0

  .section .drectve,"yn"
  .ascii " /EXPORT:exported=_case_exported"

  .section .rdata,"dr"
  .balign 4
  .long _case_behind_padding
  .long _case_behind_short_padding
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

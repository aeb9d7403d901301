// Call forms of MSVC on ARM64. `expect:` is read by the test.
  .text

  .macro function name
  .globl \name
  .seh_proc \name
\name:
  stp x29, x30, [sp, #-16]!
  .seh_save_fplr_x 16
  .seh_endprologue
  .endm
  .macro leave
  .seh_startepilogue
  ldp x29, x30, [sp], #16
  .seh_save_fplr_x 16
  .seh_endepilogue
  ret
  .seh_endproc
  .endm
  .macro allocate type
  movz w2, #0x6153
  movk w2, #0x706d, lsl #16
  mov x1, #16
  mov w0, #\type
  .endm
  .macro import register
  adrp x8, __imp_ExAllocatePoolWithTag
  ldr \register, [x8, :lo12:__imp_ExAllocatePoolWithTag]
  .endm
// __guard_check_icall_fptr takes the target in x15 and keeps x0 to x8 and x15: the arguments are there before it.
  .macro guard_check
  adrp x9, __guard_check_icall_fptr
  ldr x9, [x9, :lo12:__guard_check_icall_fptr]
  blr x9
  .endm

// expect: violation 0
function case_plain
  allocate 0
  import x8
  blr x8
leave

// expect: violation 0
function case_guard_check
  import x15
  allocate 0
  guard_check
  blr x15
leave

// expect: ok 512
function case_guard_check_safe
  import x15
  allocate 512
  guard_check
  blr x15
leave

// expect: ok 512, violation 4
function case_guard_check_twice
  import x15
  allocate 512
  guard_check
  blr x15
  import x15
  allocate 4
  guard_check
  blr x15
leave

// The target kept in a saved register, checked from there.
// expect: violation 0
  .globl case_guard_check_saved
  .seh_proc case_guard_check_saved
case_guard_check_saved:
  stp x29, x30, [sp, #-32]!
  .seh_save_fplr_x 32
  str x19, [sp, #16]
  .seh_save_reg x19, 16
  .seh_endprologue
  import x19
  mov x15, x19
  allocate 0
  guard_check
  blr x19
  .seh_startepilogue
  ldr x19, [sp, #16]
  .seh_save_reg x19, 16
  ldp x29, x30, [sp], #32
  .seh_save_fplr_x 32
  .seh_endepilogue
  ret
  .seh_endproc

// A tail call behind the check.
// expect: violation 4
function case_guard_check_tail
  import x15
  allocate 4
  guard_check
  .seh_startepilogue
  ldp x29, x30, [sp], #16
  .seh_save_fplr_x 16
  .seh_endepilogue
  br x15
  .seh_endproc

// A pointer that nobody knows goes through the guard: no DDI of the catalogue.
// expect: none
function case_guard_check_unknown
  ldr x15, [x0, #8]
  allocate 0
  guard_check
  blr x15
leave

// Without __declspec(dllimport): through the linker's stub.
// expect: violation 0
function case_stub
  allocate 0
  bl ExAllocatePoolWithTag
leave

// Leaves have no unwind data; this one begins with BTI c, a hint as NOP is one.
// expect: violation 0, ok 512
function case_guarded_leaf
  allocate 0
  bl guarded
  allocate 512
  bl guarded
leave
guarded:
  .inst 0xd503245f
  adrp x16, __imp_ExAllocatePoolWithTag
  ldr x16, [x16, :lo12:__imp_ExAllocatePoolWithTag]
  mov w2, #0x5757
  br x16

// FCMP sets the flags that the branch reads: what CMP said before is gone.
// expect: conditional 0 512
function case_float_flags
  mov w9, #3
  cmp w9, #3
  fcmp s0, s1
  allocate 0
  b.eq 1f
  mov w0, #512
1:
  bl ExAllocatePoolWithTag
leave

// The base register is loaded too: the second load is from where it pointed before.
// expect: ok 512
function case_pair_into_base
  allocate 0
  adrp x8, pair
  add x8, x8, :lo12:pair
  ldp x8, x0, [x8]
  bl ExAllocatePoolWithTag
leave

  .globl DriverEntry
DriverEntry:
  mov w0, #0
  ret
guard_nop:
  ret

  .section .rdata,"dr"
  .balign 8
pair:
  .quad zeros
  .quad 512
zeros:
  .quad 0
  .quad 0
__guard_check_icall_fptr:
  .quad guard_nop
__guard_dispatch_icall_fptr:
  .quad guard_nop
// IMAGE_LOAD_CONFIG_DIRECTORY64: GuardCFCheckFunctionPointer at 0x70, GuardCFDispatchFunctionPointer at 0x78.
  .globl _load_config_used
  .balign 8
_load_config_used:
  .long 0x94
  .zero 0x6c
  .quad __guard_check_icall_fptr
  .quad __guard_dispatch_icall_fptr
  .zero 0x14

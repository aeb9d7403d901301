/* /GS: a frame's cookie is made of the stack pointer, and is no address that anybody has. */
#include "ddis.h"

ULONG_PTR __security_cookie = sizeof(ULONG_PTR) == 8 ? (ULONG_PTR)0x00002B992DDFA232 : 0xBB40E64E;
ULONG_PTR otherWord = 0x12345;
#if defined(__i386__)
__attribute__((no_stack_protector)) void __fastcall __security_check_cookie(ULONG_PTR cookie) { Ask(cookie != __security_cookie); }
#else
__attribute__((no_stack_protector)) void __security_check_cookie(ULONG_PTR cookie) { Ask(cookie != __security_cookie); }
#endif
__attribute__((no_stack_protector)) NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

/* The fifth argument lies on the stack on x64 too, above all variables; on ARM64 the ninth. */
NOINLINE PVOID versioned(ULONG a, ULONG b, ULONG c, ULONG d, ULONG e, ULONG f, ULONG g, ULONG h, POOL_TYPE type) {
  VERSION_INFO info;
  info.Size = sizeof(info) + a + b + c + d + e + f + g + h;
  RtlGetVersion(&info);
  return ExAllocatePoolWithTag(type, info.BuildNumber, TAG);
}
/* What follows a call that does not return. */
void behindVersioned(void) {}
/* expect: violation 0 */
CASE(versioned_plain)(void) { return versioned(1, 2, 3, 4, 5, 6, 7, 8, NonPagedPool); }
/* expect: ok 512 */
CASE(versioned_nx)(void) { return versioned(2, 3, 4, 5, 6, 7, 8, 9, NonPagedPoolNx); }

/* With another variable it is an address that was hidden, which Windows may find again. */
ULONG_PTR hidden;
/* expect in hides: undetermined */
NOINLINE PVOID hides(ULONG a, ULONG b, ULONG c, ULONG d, ULONG e, ULONG f, ULONG g, ULONG h, POOL_TYPE type) {
  hidden = (ULONG_PTR)&type ^ otherWord;
  Ask(a + b + c + d + e + f + g + h);
  return ExAllocatePoolWithTag(type, 10, TAG);
}
void behindHides(void) {}
/* expect: none */
CASE(hides_plain)(void) { return hides(1, 2, 3, 4, 5, 6, 7, 8, NonPagedPool); }
/* expect: none */
CASE(hides_nx)(void) { return hides(2, 3, 4, 5, 6, 7, 8, 9, NonPagedPoolNx); }

/* A driver that patches its own code at run time, and so needs a section that is executable and writable. See README.md. */
#include "../common/sample.h"

static volatile ULONG one = 1; /* volatile, or the call below becomes a constant */

IN_SECTION("PATCH") static ULONG Patched(void) { return one; }

const char *SampleAnswer(void) {
  volatile UCHAR *code = (volatile UCHAR *)(ULONG_PTR)&Patched;
  *code = *code; /* the same byte: what matters is the store into executable memory */
  return Patched() == 1 ? "writable-code" : "";
}

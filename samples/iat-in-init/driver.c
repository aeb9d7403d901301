/* The code is that of clean: the linker's option moves the import address table into INIT. See README.md. */
#include "../common/sample.h"

static volatile ULONG questions; /* in .data: proof that writable data stays writable */

const char *SampleAnswer(void) {
  questions++;
  return questions > 0 ? "iat-in-init" : "";
}

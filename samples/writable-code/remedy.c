/* As driver.c, but what changes at run time is data, in a section that is writable and not executable. */
#include "../common/sample.h"

static volatile ULONG state = 1;

static ULONG Read(void) { return state; }

const char *SampleAnswer(void) {
  state = 1; /* the same value, as in driver.c */
  return Read() == 1 ? "writable-code" : "";
}

/* Nothing is wrong here: the sample the others differ from. */
#include "../common/sample.h"

static volatile ULONG questions; /* in .data: proof that writable data stays writable */

const char *SampleAnswer(void) {
  questions++;
  return questions > 0 ? "clean" : "";
}

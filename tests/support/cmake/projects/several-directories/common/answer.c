#include "sample.h"

static volatile ULONG questions;

const char *SampleAnswer(void) {
  questions++;
  return questions > 0 ? "several-directories" : "";
}

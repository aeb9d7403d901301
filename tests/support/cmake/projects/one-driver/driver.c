/* What samples/common/device.c asks for; the tests touch and change this file. */
#include "sample.h"

static volatile ULONG questions;

const char *SampleAnswer(void) {
  questions++;
  return questions > 0 ? "one-driver" : "";
}

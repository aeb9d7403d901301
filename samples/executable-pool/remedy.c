/* As driver.c, but the memory it asks for is data: it can be written, and not be run. */
#include "../common/sample.h"

const char *SampleAnswer(void) {
  void *memory = ExAllocatePoolWithTag(NonPagedPoolNx, 16, SAMPLE_TAG);
  if (memory == 0)
    return "";
  ExFreePoolWithTag(memory, SAMPLE_TAG);
  return "executable-pool";
}

/* A driver that asks for executable memory without any need of it, as those written before Windows 8 do. See README.md. */
#include "../common/sample.h"

const char *SampleAnswer(void) {
  void *memory = ExAllocatePoolWithTag(NonPagedPool, 16, SAMPLE_TAG);
  if (memory == 0)
    return "";
  ExFreePoolWithTag(memory, SAMPLE_TAG);
  return "executable-pool";
}

/* Two sections whose names differ in case only: `init`, well behaved, beside `INIT`, which the linker's option makes RWX. */
#include "../../../../samples/common/sample.h"

static volatile ULONG count = 2; /* volatile, or the call below becomes a constant and its section disappears */

IN_SECTION("init") static ULONG Lower(void) { return count; }

const char *SampleAnswer(void) { return Lower() == 2 ? "two-init" : ""; }

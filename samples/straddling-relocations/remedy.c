/* As driver.c, with the entries left to their natural alignment: no pointer lies across two pages. */
#include "../common/sample.h"

#define ENTRIES X4(X4(X4(X4(X4(ENTRY))))) /* 1,024 */
#define X4(entries) entries, entries, entries, entries
#define ENTRY {1, "straddling-relocations"}

typedef struct {
  USHORT code;
  const char *text;
} MESSAGE;

static MESSAGE messages[] = {ENTRIES};
static volatile ULONG wanted = 409; /* volatile: the table may not be folded into one constant */

const char *SampleAnswer(void) { return messages[wanted].text; }

/* The packed entries put some of the pointers across two pages, and each pointer carries a base relocation. See README.md. */
#include "../common/sample.h"

#ifndef ENTRIES
#define ENTRIES X4(X4(X4(X4(X4(ENTRY))))) /* 1,024 */
#endif
#define X4(entries) entries, entries, entries, entries
#define ENTRY {1, "straddling-relocations"}

#pragma pack(push, 1)
typedef struct {
  USHORT code;
  const char *text; /* 2 bytes off its natural alignment, in every entry */
} MESSAGE;
#pragma pack(pop)

/* Not const: pointers in constant data would be relocated as well, but this keeps the table out of .rdata's other data. */
static MESSAGE messages[] = {ENTRIES};
static volatile ULONG wanted = 409; /* volatile: the table may not be folded into one constant */

const char *SampleAnswer(void) { return messages[wanted].text; }

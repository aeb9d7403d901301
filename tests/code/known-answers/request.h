/* A request with a link in its middle, as drivers queue them. */
typedef struct _LIST_ENTRY {
  struct _LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY;
struct request {
  ULONG Size, Type;
  LIST_ENTRY Entry;
  ULONG Depth;
};

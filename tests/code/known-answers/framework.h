/* WDF_BIND_INFO and calls as wdf.h's inline functions make them. */
#include "ddis.h"

typedef void (*PFN)(void);
typedef struct {
  ULONG Size;
  const WCHAR *Component;
  struct {
    ULONG Major, Minor, Build;
  } Version;
  ULONG FuncCount;
  const void *FuncTable;
  void *Module;
} WDF_BIND_INFO;

#if FUNCTIONS < 444
PFN functions[FUNCTIONS];
#else
PFN *functionTable;
#endif
void *driverGlobals;
static const WCHAR component[] = {'K', 'm', 'd', 'f', 'L', 'i', 'b', 'r', 'a', 'r', 'y', 0};
WDF_BIND_INFO bindInfo = {sizeof(WDF_BIND_INFO), component, {1, 15, 0}, FUNCTIONS, TABLE, 0};
NTKERNELAPI NTSTATUS NTAPI WdfVersionBind(void *driver, void *path, WDF_BIND_INFO *info, void **globals);

typedef NTSTATUS(NTAPI *MEMORY_CREATE)(void *globals, void *attributes, POOL_TYPE type, ULONG tag, SIZE_T size, void **memory, void **buffer);
typedef NTSTATUS(NTAPI *LOOKASIDE_CREATE)(void *globals, void *attributes, SIZE_T size, POOL_TYPE type, void *memory, ULONG tag, void **list);
typedef NTSTATUS(NTAPI *QUERY_MEMORY)(void *globals, void *key, void *name, POOL_TYPE type, void *attributes, void **memory, ULONG *valueType);
#define WdfMemoryCreate(...) ((MEMORY_CREATE)CALL(192))(driverGlobals, __VA_ARGS__)
#define WdfLookasideListCreate(...) ((LOOKASIDE_CREATE)CALL(198))(driverGlobals, __VA_ARGS__)
#define WdfRegistryQueryMemory(...) ((QUERY_MEMORY)CALL(236))(driverGlobals, __VA_ARGS__)
#define WdfOther(...) ((MEMORY_CREATE)CALL(193))(driverGlobals, __VA_ARGS__)

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return WdfVersionBind(driver, path, &bindInfo, &driverGlobals); }

/* expect: violation 0 */
CASE(memory)(SIZE_T size, void **buffer) {
  void *memory = 0;
  return WdfMemoryCreate(0, NonPagedPool, TAG, size, &memory, buffer) >= 0 ? memory : 0;
}
/* expect: ok 512 */
CASE(memory_nx)(SIZE_T size, void **buffer) {
  void *memory = 0;
  return WdfMemoryCreate(0, NonPagedPoolNx, TAG, size, &memory, buffer) >= 0 ? memory : 0;
}
/* expect: ok 1 */
CASE(memory_paged)(SIZE_T size, void **memory, void **buffer) {
  return (void *)(ULONG_PTR)WdfMemoryCreate(0, PagedPool, TAG, size, memory, buffer);
}
/* expect: violation 0 */
CASE(lookaside)(SIZE_T size, void **list) {
  return (void *)(ULONG_PTR)WdfLookasideListCreate(0, size, NonPagedPool, 0, TAG, list);
}
/* expect: conditional 0 512 */
CASE(query)(void *key, void *name, void **memory) {
  POOL_TYPE type = Ask(1) ? NonPagedPool : NonPagedPoolNx;
  return (void *)(ULONG_PTR)WdfRegistryQueryMemory(key, name, type, 0, memory, 0);
}
/* expect: none */
CASE(other_function)(SIZE_T size, void **memory) {
  return (void *)(ULONG_PTR)WdfOther(0, NonPagedPool, TAG, size, memory, 0);
}
/* WDF_OBJECT_ATTRIBUTES_INIT between two calls of the framework. */
struct attributes {
  ULONG size;
  void *cleanup, *destroy;
  ULONG level, scope;
  void *parent;
};
static inline __attribute__((always_inline)) void initialize(struct attributes *each) {
  memset(each, 0, sizeof(*each));
  each->size = sizeof(*each);
  each->level = each->scope = 1;
}
/* expect: violation 0 */
CASE(memory_attributes)(SIZE_T size, void *device) {
  struct attributes attributes;
  void **context = (void **)(ULONG_PTR)WdfOther(device, PagedPool, TAG, 0, 0, 0);
  initialize(&attributes);
  attributes.parent = device;
  return (void *)(ULONG_PTR)WdfMemoryCreate(&attributes, NonPagedPool, TAG, size, &context[0], &context[1]);
}
/* Without optimization compilers compute the distance: Microsoft's multiplies the index, GCC adds to the pointer. */
/* expect: violation 0 */
CASE(memory_indexed)(SIZE_T size, void **memory) {
  volatile SIZE_T index = 192;
  return (void *)(ULONG_PTR)((MEMORY_CREATE)CALL(index))(driverGlobals, 0, NonPagedPool, TAG, size, memory, 0);
}
/* expect: violation 0 */
CASE(memory_added)(SIZE_T size, void **memory) {
  const PFN *table = &CALL(0);
  __asm__ volatile("" : "+r"(table));
  volatile SIZE_T distance = 192 * sizeof(PFN);
  table = (const PFN *)((const char *)table + distance);
  return (void *)(ULONG_PTR)((MEMORY_CREATE)*table)(driverGlobals, 0, NonPagedPool, TAG, size, memory, 0);
}
/* expect: violation 0 */
CASE(memory_multiplied)(SIZE_T size, void **memory) {
#if defined(__x86_64__)
  SIZE_T distance;
  __asm__("movl $8, %%eax\n\timulq $192, %%rax, %0" : "=r"(distance) : : "rax");
#else
  volatile SIZE_T distance = 192 * sizeof(PFN);
#endif
  MEMORY_CREATE create = *(const MEMORY_CREATE *)((const char *)&CALL(0) + distance);
  return (void *)(ULONG_PTR)create(driverGlobals, 0, NonPagedPool, TAG, size, memory, 0);
}

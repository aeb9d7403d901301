#include "system.h"

/* Classes and statuses that winternl.h leaves out. */
enum { moduleInformationClass = 11, codeIntegrityInformationClass = 103 };
#define INFO_LENGTH_MISMATCH ((NTSTATUS)0xC0000004)
#define BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)
#define BUFFER_OVERFLOW ((NTSTATUS)0x80000005)
#define OUT_OF_MEMORY ((NTSTATUS)0xC0000017)

enum { firstCapacity = 1 << 17, largestCapacity = 1 << 26, mostAttempts = 12 };

NTSTATUS queryCodeIntegrityOptions(ULONG *options) {
  struct {
    ULONG length;
    ULONG options;
  } information = {sizeof information, 0};
  ULONG returned = 0;
  *options = 0;
  const NTSTATUS status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)codeIntegrityInformationClass,
                                                   &information, sizeof information, &returned);
  if (!NT_SUCCESS(status)) return status;
  if (returned != 0 && returned < sizeof information) return INFO_LENGTH_MISMATCH;
  *options = information.options;
  return status;
}

/* True when the entries that the list promises lie within the bytes that were returned. */
static BOOL isWhole(const LoadedModules *list, ULONG bytes) {
  const ULONG header = offsetof(LoadedModules, modules);
  return bytes >= header && list->numberOfModules <= (bytes - header) / sizeof(LoadedModule);
}

NTSTATUS queryLoadedModules(LoadedModules **list) {
  ULONG capacity = firstCapacity;
  NTSTATUS status = INFO_LENGTH_MISMATCH;
  *list = NULL;
  /* Modules come while the list is made: each attempt has room for more than the last one asked for. */
  for (int attempt = 0; attempt < mostAttempts && capacity <= largestCapacity; attempt++) {
    LoadedModules *const found = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, capacity);
    if (found == NULL) return OUT_OF_MEMORY;
    ULONG returned = 0;
    status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)moduleInformationClass, found, capacity, &returned);
    if (NT_SUCCESS(status)) {
      if (isWhole(found, returned != 0 && returned < capacity ? returned : capacity)) {
        *list = found;
        return status;
      }
      status = INFO_LENGTH_MISMATCH;
    }
    freeModules(found);
    if (status != INFO_LENGTH_MISMATCH && status != BUFFER_TOO_SMALL && status != BUFFER_OVERFLOW) return status;
    capacity *= 2;
    if (returned > capacity && returned <= largestCapacity / 2) capacity = returned * 2;
  }
  return status;
}

void freeModules(LoadedModules *list) {
  if (list != NULL) HeapFree(GetProcessHeap(), 0, list);
}

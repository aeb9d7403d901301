/* Two questions to the Windows kernel. Nothing here knows of Node. */
#ifndef HVCI_FIX_SYSTEM_H
#define HVCI_FIX_SYSTEM_H

#define WIN32_LEAN_AND_MEAN
#include <stddef.h>
#include <windows.h>
#include <winternl.h>

/*
 * RTL_PROCESS_MODULE_INFORMATION and RTL_PROCESS_MODULES, which no public header has (Microsoft's windows-classic
 * samples and the driver kit's aux_klib.h describe the same facts). Sizes asserted below are those of 64-bit Windows.
 */
typedef struct {
  HANDLE section;
  void *mappedBase;
  void *imageBase; /* 0 for callers that may not see kernel addresses */
  ULONG imageSize;
  ULONG flags;
  USHORT loadOrderIndex;
  USHORT initOrderIndex;
  USHORT loadCount;
  USHORT offsetToFileName;
  UCHAR fullPathName[256]; /* ANSI code page; cut off, without a zero, where it is longer */
} LoadedModule;

typedef struct {
  ULONG numberOfModules;
  LoadedModule modules[];
} LoadedModules;

_Static_assert(sizeof(void *) == 8, "the layouts are those of 64-bit Windows");
_Static_assert(sizeof(LoadedModule) == 296, "RTL_PROCESS_MODULE_INFORMATION");
_Static_assert(offsetof(LoadedModules, modules) == 8, "RTL_PROCESS_MODULES");

/* CodeIntegrityOptions of SYSTEM_CODEINTEGRITY_INFORMATION. On failure the status says why and *options is 0. */
NTSTATUS queryCodeIntegrityOptions(ULONG *options);

/*
 * The modules that the kernel has loaded. On success *list is to be freed with freeModules, and all of the
 * numberOfModules entries lie within it. On failure *list is NULL.
 */
NTSTATUS queryLoadedModules(LoadedModules **list);

void freeModules(LoadedModules *list);

#endif

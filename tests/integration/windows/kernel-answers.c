/*
 * system.c of the addon against a kernel that answers as no kernel should, which cannot be had: NtQuerySystemInformation
 * is this file's. Prints a line for each case: status and number of modules, in hex.
 */
#include <stdio.h>

#include "system.h"

static int scenario;
static int calls;
static ULONG asked;

static NTSTATUS answerModules(LoadedModules *list, ULONG length, ULONG *returned) {
  const ULONG entry = sizeof(LoadedModule);
  switch (scenario) {
    case 0: /* two modules */
      list->numberOfModules = 2;
      *returned = 8 + 2 * entry;
      return 0;
    case 1: /* refused */
      return (NTSTATUS)0xC0000022;
    case 2: /* more modules than bytes */
      list->numberOfModules = 2;
      *returned = 8 + entry;
      return 0;
    case 3: /* a number that overflows */
      list->numberOfModules = 0xFFFFFFFF;
      *returned = length;
      return 0;
    case 4: /* longer than the buffer, and says so; then whole */
      if (length < 8 + 2000 * entry) {
        *returned = 8 + 2000 * entry;
        return (NTSTATUS)0xC0000004;
      }
      list->numberOfModules = 2000;
      *returned = 8 + 2000 * entry;
      return 0;
    case 5: /* never content, and asks for 4 GiB */
      *returned = 0xFFFFFFFF;
      return (NTSTATUS)0xC0000004;
    case 6: /* never content, and does not say what it wants */
      return (NTSTATUS)0xC0000023;
    case 7: /* nothing written, success */
      *returned = 4;
      return 0;
    case 8: /* no modules, and no length */
      return 0;
    case 9: /* grows by one module each time it is asked */
      asked = asked == 0 ? 1000 : asked + 1;
      *returned = 8 + asked * entry;
      if (length < *returned) return (NTSTATUS)0x80000005;
      list->numberOfModules = asked;
      return 0;
  }
  return (NTSTATUS)0xC0000001;
}

NTSTATUS NTAPI NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS kind, PVOID buffer, ULONG length, PULONG returned) {
  calls++;
  if ((int)kind == 11) return answerModules(buffer, length, returned);
  ULONG *information = buffer;
  if ((int)kind != 103 || length != 8 || information[0] != 8) return (NTSTATUS)0xC0000004;
  information[1] = 0x2401;
  *returned = scenario == 2 ? 4 : 8;
  return scenario == 1 ? (NTSTATUS)0xC0000003 : 0;
}

int wmain(void) {
  for (scenario = 0; scenario < 10; scenario++) {
    LoadedModules *list = NULL;
    calls = 0;
    const NTSTATUS status = queryLoadedModules(&list);
    printf("modules %d %lx %lx%s\n", scenario, status, list == NULL ? 0 : list->numberOfModules, calls > 20 ? " endless" : "");
    freeModules(list);
  }
  for (scenario = 0; scenario < 3; scenario++) {
    ULONG options = 0xDEAD;
    const NTSTATUS status = queryCodeIntegrityOptions(&options);
    printf("options %d %lx %lx\n", scenario, status, options);
  }
  return 0;
}

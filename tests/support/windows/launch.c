/*
 * launch.exe [--hold FILE MILLISECONDS]... -- PROGRAM ARGUMENT...
 *
 * Runs a program while files are held open the way a debugger or a virus scanner holds them: for reading, and letting
 * nobody write, rename or delete. A file is let go when its time is over or the program has ended. The exit status is the
 * program's; 250 where this program fails.
 */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

static int fail(const wchar_t *what, const wchar_t *name) {
  fwprintf(stderr, L"launch: cannot %ls %ls: error %lu\n", what, name, GetLastError());
  return 250;
}

int wmain(int argc, wchar_t **argv) {
  HANDLE held[16];
  DWORD until[16];
  int count = 0;
  int at = 1;
  for (; at + 2 < argc && wcscmp(argv[at], L"--") != 0; at += 3) {
    if (wcscmp(argv[at], L"--hold") != 0 || count == 16) return fail(L"understand", argv[at]);
    held[count] = CreateFileW(argv[at + 1], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (held[count] == INVALID_HANDLE_VALUE) return fail(L"hold", argv[at + 1]);
    until[count++] = GetTickCount() + wcstoul(argv[at + 2], NULL, 10);
  }
  /* The rest of the command line as it was written: nothing is quoted twice. */
  wchar_t *command = wcsstr(GetCommandLineW(), L" -- ");
  if (command == NULL) command = wcsstr(GetCommandLineW(), L" \"--\" ");
  if (command == NULL) return fail(L"find", L"--");
  command = wcsstr(command + 1, L" ") + 1;

  STARTUPINFOW startup = {.cb = sizeof startup};
  PROCESS_INFORMATION process;
  if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
    return fail(L"start", command);
  for (;;) {
    const DWORD ended = WaitForSingleObject(process.hProcess, 20);
    for (int i = 0; i < count; i++) {
      if (held[i] == NULL || (ended != WAIT_OBJECT_0 && (LONG)(until[i] - GetTickCount()) > 0)) continue;
      CloseHandle(held[i]);
      held[i] = NULL;
    }
    if (ended == WAIT_OBJECT_0) break;
  }
  DWORD status = 250;
  GetExitCodeProcess(process.hProcess, &status);
  return (int)status;
}

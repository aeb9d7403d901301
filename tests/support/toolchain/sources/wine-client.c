/*
 * wine-client SERVICE DRIVER: loads the driver as a service of that name, asks it by IOCTL_SAMPLE_ASK, unloads it.
 * Prints `error N`, the Win32 error of the start (0: it runs), and `answer TEXT` when the driver gave one.
 */
#include <windows.h>
#include <winsvc.h>
#include <stdio.h>

#define IOCTL_SAMPLE_ASK 0x222000

/* Returns 0 when the driver did not answer. */
static int Ask(const char *service) {
  char path[MAX_PATH], answer[256];
  DWORD length = 0;
  int answered;
  HANDLE device;
  snprintf(path, sizeof path, "\\\\.\\%s", service);
  device = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
  if (device == INVALID_HANDLE_VALUE) {
    printf("open %lu\n", GetLastError());
    return 0;
  }
  answered = DeviceIoControl(device, IOCTL_SAMPLE_ASK, NULL, 0, answer, sizeof answer - 1, &length, NULL);
  if (answered) {
    answer[length] = 0;
    printf("answer %s\n", answer);
  } else {
    printf("ioctl %lu\n", GetLastError());
  }
  CloseHandle(device);
  return answered;
}

int main(int argc, char **argv) {
  SC_HANDLE manager, service;
  SERVICE_STATUS status;
  DWORD error = 0;
  int answered = 0;
  if (argc != 3) return 2;
  manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
  service = CreateServiceA(manager, argv[1], argv[1], SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                           SERVICE_ERROR_IGNORE, argv[2], NULL, NULL, NULL, NULL, NULL);
  if (service == NULL) {
    printf("create %lu\n", GetLastError());
    return 2;
  }
  if (!StartServiceA(service, 0, NULL)) error = GetLastError();
  printf("error %lu\n", error);
  fflush(stdout);
  if (error == 0) {
    answered = Ask(argv[1]);
    ControlService(service, SERVICE_CONTROL_STOP, &status);
  }
  DeleteService(service);
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  fflush(stdout);
  return answered ? 0 : 1; /* not 0: the caller restarts Wine */
}

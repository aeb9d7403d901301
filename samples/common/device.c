/*
 * The device all samples share: \\.\<service name> answers IOCTL_SAMPLE_ASK with the sample's text. Its name comes from
 * the service, so that several samples can be loaded side by side.
 */
#include "sample.h"

#define NAME_CAPACITY 64

static WCHAR linkName[NAME_CAPACITY];

static NTSTATUS Complete(IRP *irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static NTSTATUS NTAPI Accept(DEVICE_OBJECT *device, IRP *irp) {
  (void)device;
  return Complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Answer(DEVICE_OBJECT *device, IRP *irp) {
  IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
  (void)device;
  if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_SAMPLE_ASK)
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);

  char *out = irp->AssociatedIrp.SystemBuffer;
  const char *text = SampleAnswer();
  ULONG capacity = stack->Parameters.DeviceIoControl.OutputBufferLength;
  ULONG length = 0;
  for (; length < capacity && text[length] != 0; length++)
    out[length] = text[length];
  return Complete(irp, STATUS_SUCCESS, length);
}

static void NTAPI Unload(DRIVER_OBJECT *driver) {
  UNICODE_STRING link = {0, sizeof linkName, linkName};
  while (linkName[link.Length / sizeof(WCHAR)] != 0)
    link.Length += sizeof(WCHAR);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

/* Writes prefix + the last component of `path` into `name`. Returns 0 when it does not fit. */
INIT_CODE static int NameFromPath(UNICODE_STRING *name, const WCHAR *prefix, const UNICODE_STRING *path) {
  const WCHAR *end = path->Buffer + path->Length / sizeof(WCHAR);
  const WCHAR *from = end;
  ULONG used = 0;
  while (from > path->Buffer && from[-1] != '\\')
    from--;
  for (; *prefix != 0; prefix++)
    name->Buffer[used++] = *prefix;
  for (; from < end; from++) {
    if (used >= NAME_CAPACITY - 1)
      return 0;
    name->Buffer[used++] = *from;
  }
  name->Buffer[used] = 0;
  name->Length = (USHORT)(used * sizeof(WCHAR));
  return 1;
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, UNICODE_STRING *registryPath);
INIT_CODE NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, UNICODE_STRING *registryPath) {
  static const WCHAR devicePrefix[] = {'\\', 'D', 'e', 'v', 'i', 'c', 'e', '\\', 0};
  static const WCHAR linkPrefix[] = {'\\', 'D', 'o', 's', 'D', 'e', 'v', 'i', 'c', 'e', 's', '\\', 0};
  WCHAR deviceBuffer[NAME_CAPACITY];
  UNICODE_STRING name = {0, sizeof deviceBuffer, deviceBuffer};
  UNICODE_STRING link = {0, sizeof linkName, linkName};
  DEVICE_OBJECT *device = 0;
  NTSTATUS status;

  if (!NameFromPath(&name, devicePrefix, registryPath) || !NameFromPath(&link, linkPrefix, registryPath))
    return STATUS_NAME_TOO_LONG;
  status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, 0, &device);
  if (status < 0)
    return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (status < 0) {
    IoDeleteDevice(device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = Accept;
  driver->MajorFunction[IRP_MJ_CLOSE] = Accept;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Answer;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}

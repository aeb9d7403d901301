/* HvciDriver: a WDM driver with one device, \\.\HvciDriver, that programs can open and close. */
#include <ntddk.h>

#define DEVICE_NAME L"\\Device\\HvciDriver"
#define LINK_NAME L"\\DosDevices\\HvciDriver"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Accept;

/* Discarded once the driver runs. Code and data stay apart: nothing writable is put into this section. */
#pragma alloc_text(INIT, DriverEntry)

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNICODE_STRING name, link;
  PDEVICE_OBJECT device;
  NTSTATUS status;

  UNREFERENCED_PARAMETER(registryPath);
  /* With POOL_NX_OPTIN=1: pool memory of this driver is never executable. */
  ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
  RtlInitUnicodeString(&name, DEVICE_NAME);
  RtlInitUnicodeString(&link, LINK_NAME);
  status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status))
    return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = Accept;
  driver->MajorFunction[IRP_MJ_CLOSE] = Accept;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link;

  RtlInitUnicodeString(&link, LINK_NAME);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

static NTSTATUS NTAPI Accept(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

/*
 * A WDM driver with one device, \\.\HvciDriver, that counts how often it is asked. What memory integrity wants of it is in
 * README.md.
 */
#include <ntddk.h>

#include "Public.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH Accept;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH DeviceControl;

/* INIT is discarded once DriverEntry has returned. Its code is never written to: it must stay read and execute. */
#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#endif

static UNICODE_STRING linkName = RTL_CONSTANT_STRING(L"\\DosDevices\\HvciDriver");
static volatile LONG count;

static NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static NTSTATUS Accept(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS DeviceControl(PDEVICE_OBJECT device, PIRP irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

  UNREFERENCED_PARAMETER(device);
  if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_DRIVER_COUNT)
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
    return Complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
  *(PULONG)irp->AssociatedIrp.SystemBuffer = (ULONG)InterlockedIncrement(&count);
  return Complete(irp, STATUS_SUCCESS, sizeof(ULONG));
}

static VOID Unload(PDRIVER_OBJECT driver) {
  IoDeleteSymbolicLink(&linkName);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNICODE_STRING deviceName = RTL_CONSTANT_STRING(L"\\Device\\HvciDriver");
  PDEVICE_OBJECT device;
  NTSTATUS status;

  UNREFERENCED_PARAMETER(registryPath);
  /* With POOL_NX_OPTIN: pool this driver asks for is not executable. Before the first allocation. */
  ExInitializeDriverRuntime(DrvRtPoolNxOptIn);

  status = IoCreateDevice(driver, 0, &deviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateSymbolicLink(&linkName, &deviceName);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->DriverUnload = Unload;
  driver->MajorFunction[IRP_MJ_CREATE] = Accept;
  driver->MajorFunction[IRP_MJ_CLOSE] = Accept;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
  return STATUS_SUCCESS;
}

/*
 * A KMDF driver whose device, \\.\HvciDriver, counts how often it is asked. What memory integrity wants of it is in
 * README.md.
 */
#include <ntddk.h>
#include <wdf.h>

#include "Public.h"

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD DeviceAdd;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL DeviceControl;

/* INIT is discarded once DriverEntry has returned. Its code is never written to: it must stay read and execute. */
#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#endif

static volatile LONG count;

static VOID DeviceControl(WDFQUEUE queue, WDFREQUEST request, size_t outputLength, size_t inputLength, ULONG code) {
  PULONG answer;
  NTSTATUS status;

  UNREFERENCED_PARAMETER(queue);
  UNREFERENCED_PARAMETER(outputLength);
  UNREFERENCED_PARAMETER(inputLength);
  if (code != IOCTL_DRIVER_COUNT) {
    WdfRequestComplete(request, STATUS_INVALID_DEVICE_REQUEST);
    return;
  }
  status = WdfRequestRetrieveOutputBuffer(request, sizeof(ULONG), (PVOID *)&answer, NULL);
  if (!NT_SUCCESS(status)) {
    WdfRequestComplete(request, status);
    return;
  }
  *answer = (ULONG)InterlockedIncrement(&count);
  WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, sizeof(ULONG));
}

static NTSTATUS DeviceAdd(WDFDRIVER driver, PWDFDEVICE_INIT deviceInit) {
  UNICODE_STRING linkName = RTL_CONSTANT_STRING(L"\\DosDevices\\HvciDriver");
  WDF_IO_QUEUE_CONFIG queueConfig;
  WDFDEVICE device;
  NTSTATUS status;

  UNREFERENCED_PARAMETER(driver);
  status = WdfDeviceCreate(&deviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  status = WdfDeviceCreateSymbolicLink(device, &linkName);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchParallel);
  queueConfig.EvtIoDeviceControl = DeviceControl;
  return WdfIoQueueCreate(device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  WDF_DRIVER_CONFIG config;

  /* With POOL_NX_OPTIN: pool this driver asks for is not executable. Before the first allocation. */
  ExInitializeDriverRuntime(DrvRtPoolNxOptIn);

  WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
  return WdfDriverCreate(driver, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

/*
 * The few names of the framework that the KMDF template uses, so that it compiles and links without the kit: calls go
 * through a table the loader's library fills in, as KMDF's do, but neither the table's layout nor the structures are KMDF's.
 * An image built with it is good for looking at its sections, not for running.
 */
#pragma once
#include <ntddk.h>

typedef struct WDFDRIVER__ *WDFDRIVER;
typedef struct WDFDEVICE__ *WDFDEVICE;
typedef struct WDFQUEUE__ *WDFQUEUE;
typedef struct WDFREQUEST__ *WDFREQUEST;
typedef struct WDFDEVICE_INIT *PWDFDEVICE_INIT;
#define WDF_NO_OBJECT_ATTRIBUTES NULL
#define WDF_NO_HANDLE NULL

typedef NTSTATUS EVT_WDF_DRIVER_DEVICE_ADD(WDFDRIVER driver, PWDFDEVICE_INIT deviceInit);
typedef VOID EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL(WDFQUEUE queue, WDFREQUEST request, size_t outputLength,
                                                size_t inputLength, ULONG code);

typedef struct {
  ULONG Size;
  EVT_WDF_DRIVER_DEVICE_ADD *EvtDriverDeviceAdd;
} WDF_DRIVER_CONFIG;

typedef enum { WdfIoQueueDispatchSequential = 1, WdfIoQueueDispatchParallel } WDF_IO_QUEUE_DISPATCH_TYPE;
typedef struct {
  ULONG Size;
  WDF_IO_QUEUE_DISPATCH_TYPE DispatchType;
  BOOLEAN DefaultQueue;
  EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL *EvtIoDeviceControl;
} WDF_IO_QUEUE_CONFIG;

typedef struct {
  NTSTATUS (*DriverCreate)(PDRIVER_OBJECT, PUNICODE_STRING, void *, WDF_DRIVER_CONFIG *, void *);
  NTSTATUS (*DeviceCreate)(PWDFDEVICE_INIT *, void *, WDFDEVICE *);
  NTSTATUS (*DeviceCreateSymbolicLink)(WDFDEVICE, PUNICODE_STRING);
  NTSTATUS (*IoQueueCreate)(WDFDEVICE, WDF_IO_QUEUE_CONFIG *, void *, void *);
  NTSTATUS (*RequestRetrieveOutputBuffer)(WDFREQUEST, size_t, PVOID *, size_t *);
  VOID (*RequestComplete)(WDFREQUEST, NTSTATUS);
  VOID (*RequestCompleteWithInformation)(WDFREQUEST, NTSTATUS, ULONG_PTR);
} STAND_IN_FUNCTIONS;
extern const STAND_IN_FUNCTIONS *WdfFunctions;

#define WdfDriverCreate WdfFunctions->DriverCreate
#define WdfDeviceCreate WdfFunctions->DeviceCreate
#define WdfDeviceCreateSymbolicLink WdfFunctions->DeviceCreateSymbolicLink
#define WdfIoQueueCreate WdfFunctions->IoQueueCreate
#define WdfRequestRetrieveOutputBuffer WdfFunctions->RequestRetrieveOutputBuffer
#define WdfRequestComplete WdfFunctions->RequestComplete
#define WdfRequestCompleteWithInformation WdfFunctions->RequestCompleteWithInformation

static __inline void WDF_DRIVER_CONFIG_INIT(WDF_DRIVER_CONFIG *config, EVT_WDF_DRIVER_DEVICE_ADD *deviceAdd) {
  config->Size = sizeof *config;
  config->EvtDriverDeviceAdd = deviceAdd;
}

static __inline void WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(WDF_IO_QUEUE_CONFIG *config,
                                                            WDF_IO_QUEUE_DISPATCH_TYPE type) {
  config->Size = sizeof *config;
  config->DispatchType = type;
  config->DefaultQueue = TRUE;
  config->EvtIoDeviceControl = NULL;
}

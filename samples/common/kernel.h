/*
 * The few kernel declarations the samples need, so that they build without a driver kit, by clang, gcc and cl. Names,
 * field order and padding are those of the kit's structures for x86, x64 and ARM64.
 */
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#define ALIGNED(bytes) __declspec(align(bytes))
#define IN_SECTION(name) __declspec(noinline) __declspec(code_seg(name))
#pragma warning(disable : 4201) /* structures and unions without a name */
#else
#define ALIGNED(bytes) __attribute__((aligned(bytes)))
#define IN_SECTION(name) __attribute__((noinline, section(name)))
#endif

#if defined(__i386__) || defined(_M_IX86)
#define NTAPI __stdcall
#define FASTCALL __fastcall
#define POINTER_ALIGNMENT
#else
#define NTAPI
#define FASTCALL
#define POINTER_ALIGNMENT ALIGNED(8)
#endif
#define NTKERNELAPI __declspec(dllimport)

typedef char CHAR;
typedef unsigned char UCHAR;
typedef short CSHORT;
typedef unsigned short USHORT;
typedef unsigned short WCHAR;
typedef int LONG; /* 32 bits on every Windows target, with gcc too */
typedef unsigned int ULONG;
typedef unsigned long long ULONGLONG;
typedef LONG NTSTATUS;
#ifdef _WIN64
typedef unsigned long long ULONG_PTR;
#else
typedef unsigned int ULONG_PTR;
#endif

#define STATUS_SUCCESS ((NTSTATUS)0x00000000)
#define STATUS_INVALID_DEVICE_REQUEST ((NTSTATUS)0xC0000010)
#define STATUS_NAME_TOO_LONG ((NTSTATUS)0xC0000106)
#define IRP_MJ_CREATE 0x00
#define IRP_MJ_CLOSE 0x02
#define IRP_MJ_DEVICE_CONTROL 0x0e
#define IRP_MJ_MAXIMUM_FUNCTION 0x1b
#define FILE_DEVICE_UNKNOWN 0x22
#define IO_NO_INCREMENT 0
/* POOL_TYPE */
#define NonPagedPool 0
#define NonPagedPoolNx 0x200

typedef struct _UNICODE_STRING {
  USHORT Length; /* bytes */
  USHORT MaximumLength;
  WCHAR *Buffer;
} UNICODE_STRING;

typedef struct _LIST_ENTRY {
  struct _LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY;

/* Only its first fields: a driver reaches its device through DRIVER_OBJECT.DeviceObject. */
typedef struct _DEVICE_OBJECT {
  CSHORT Type;
  USHORT Size;
} DEVICE_OBJECT;

struct _IRP;
struct _DRIVER_OBJECT;
typedef NTSTATUS(NTAPI *PDRIVER_DISPATCH)(DEVICE_OBJECT *device, struct _IRP *irp);
typedef void(NTAPI *PDRIVER_UNLOAD)(struct _DRIVER_OBJECT *driver);

typedef struct _DRIVER_OBJECT {
  CSHORT Type;
  CSHORT Size;
  DEVICE_OBJECT *DeviceObject;
  ULONG Flags;
  void *DriverStart;
  ULONG DriverSize;
  void *DriverSection;
  void *DriverExtension;
  UNICODE_STRING DriverName;
  UNICODE_STRING *HardwareDatabase;
  void *FastIoDispatch;
  void *DriverInit;
  void *DriverStartIo;
  PDRIVER_UNLOAD DriverUnload;
  PDRIVER_DISPATCH MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
} DRIVER_OBJECT;

typedef struct _IO_STACK_LOCATION {
  UCHAR MajorFunction;
  UCHAR MinorFunction;
  UCHAR Flags;
  UCHAR Control;
  union {
    struct {
      ULONG OutputBufferLength;
      ULONG POINTER_ALIGNMENT InputBufferLength;
      ULONG POINTER_ALIGNMENT IoControlCode;
      void *Type3InputBuffer;
    } DeviceIoControl;
  } Parameters;
} IO_STACK_LOCATION;

typedef struct _IRP {
  CSHORT Type;
  USHORT Size;
  void *MdlAddress;
  ULONG Flags;
  union {
    void *SystemBuffer;
  } AssociatedIrp;
  LIST_ENTRY ThreadListEntry;
  struct {
    union {
      NTSTATUS Status;
      void *Pointer;
    };
    ULONG_PTR Information;
  } IoStatus;
  CHAR RequestorMode;
  UCHAR PendingReturned;
  CHAR StackCount;
  CHAR CurrentLocation;
  UCHAR Cancel;
  UCHAR CancelIrql;
  CHAR ApcEnvironment;
  UCHAR AllocationFlags;
  void *UserIosb;
  void *UserEvent;
  union {
    struct {
      void *UserApcRoutine, *UserApcContext;
    } AsynchronousParameters;
    ULONGLONG AllocationSize;
  } Overlay;
  void *CancelRoutine;
  void *UserBuffer;
  union {
    struct {
      void *DriverContext[4];
      void *Thread;
      void *AuxiliaryBuffer;
      LIST_ENTRY ListEntry;
      IO_STACK_LOCATION *CurrentStackLocation;
    } Overlay;
  } Tail;
} IRP;

/* Offsets a debugger shows for the real structures: a slip above stops the build. */
#ifdef _WIN64
_Static_assert(__builtin_offsetof(IRP, Tail.Overlay.CurrentStackLocation) == 0xb8, "IRP");
_Static_assert(__builtin_offsetof(DRIVER_OBJECT, MajorFunction) == 0x70, "DRIVER_OBJECT");
_Static_assert(__builtin_offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode) == 0x18, "stack");
#else
_Static_assert(__builtin_offsetof(IRP, Tail.Overlay.CurrentStackLocation) == 0x60, "IRP");
_Static_assert(__builtin_offsetof(DRIVER_OBJECT, MajorFunction) == 0x38, "DRIVER_OBJECT");
_Static_assert(__builtin_offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode) == 0x0c, "stack");
#endif

#define IoGetCurrentIrpStackLocation(irp) ((irp)->Tail.Overlay.CurrentStackLocation)

NTKERNELAPI NTSTATUS NTAPI IoCreateDevice(DRIVER_OBJECT *driver, ULONG extensionSize, UNICODE_STRING *name,
                                          ULONG deviceType, ULONG characteristics, UCHAR exclusive,
                                          DEVICE_OBJECT **device);
NTKERNELAPI void NTAPI IoDeleteDevice(DEVICE_OBJECT *device);
NTKERNELAPI NTSTATUS NTAPI IoCreateSymbolicLink(UNICODE_STRING *link, UNICODE_STRING *target);
NTKERNELAPI NTSTATUS NTAPI IoDeleteSymbolicLink(UNICODE_STRING *link);
NTKERNELAPI void *NTAPI ExAllocatePoolWithTag(LONG type, ULONG_PTR bytes, ULONG tag);
NTKERNELAPI void NTAPI ExFreePoolWithTag(void *memory, ULONG tag);
NTKERNELAPI void FASTCALL IofCompleteRequest(IRP *irp, CHAR priorityBoost);

#define IoCompleteRequest(irp, boost) IofCompleteRequest(irp, boost)

/* Code that runs once, while the driver loads. Not `#pragma alloc_text`, which clang and gcc do not know. */
#define INIT_CODE IN_SECTION("INIT")

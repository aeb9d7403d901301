/*
 * The declarations that the known-answer drivers need, so that they build without a driver kit. Every case is a function
 * of its own; the comment before it says what the analysis must find in it, call by call in the order of the code.
 */
#pragma once

#define CONTAINING_RECORD(address, type, field) ((type *)((char *)(address) - __builtin_offsetof(type, field)))

#if defined(__i386__)
#define NTAPI __stdcall
#else
#define NTAPI
#endif
#define NTKERNELAPI __declspec(dllimport)
#define NOINLINE __attribute__((noinline))
/* Nobody calls a case: the pointer stands for the dispatch table that a driver keeps it in. */
#define CASE(name) \
  void *case_##name(); \
  static void *const pointer_##name __attribute__((used)) = (void *)case_##name; \
  NOINLINE void *case_##name

typedef unsigned char UCHAR, BOOLEAN;
typedef char CCHAR;
typedef unsigned short USHORT, WCHAR;
typedef int LONG;
typedef unsigned int ULONG;
typedef unsigned long long ULONG64;
typedef long long PHYSICAL_ADDRESS;
typedef LONG NTSTATUS;
typedef void *PVOID, *HANDLE;
#ifdef _WIN64
typedef unsigned long long SIZE_T, ULONG_PTR;
#else
typedef unsigned int SIZE_T, ULONG_PTR;
#endif

typedef enum { NonPagedPool = 0, PagedPool = 1, NonPagedPoolCacheAligned = 4, NonPagedPoolNx = 512, NonPagedPoolNxCacheAligned = 516 } POOL_TYPE;
enum { POOL_COLD = 256, POOL_ZERO = 1024, POOL_RAISE = 16, POOL_NX = 512 };
enum { POOL_FLAG_NON_PAGED = 0x40, POOL_FLAG_NON_PAGED_EXECUTE = 0x80, POOL_FLAG_PAGED = 0x100 };
enum { PAGE_READONLY = 2, PAGE_READWRITE = 4, PAGE_EXECUTE = 0x10, PAGE_EXECUTE_READ = 0x20, PAGE_EXECUTE_READWRITE = 0x40, PAGE_NOCACHE = 0x200 };
enum { NormalPagePriority = 16, HighPagePriority = 32, MdlMappingNoExecute = 0x40000000 };
enum { KernelMode = 0, UserMode = 1 };
#define TAG 'gaTT'

typedef struct _MDL {
  struct _MDL *Next;
  short Size;
  short MdlFlags;
  void *Process;
  void *MappedSystemVa;
} MDL;

typedef struct {
  ULONG Size, MajorVersion, MinorVersion, BuildNumber, PlatformId;
  WCHAR Name[128];
} VERSION_INFO;

NTKERNELAPI PVOID NTAPI ExAllocatePool(POOL_TYPE type, SIZE_T size);
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T size, ULONG tag);
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE type, SIZE_T size, ULONG tag);
NTKERNELAPI PVOID NTAPI ExAllocatePool2(ULONG64 flags, SIZE_T size, ULONG tag);
NTKERNELAPI void NTAPI ExInitializeNPagedLookasideList(void *list, void *allocate, void *release, ULONG flags, SIZE_T size, ULONG tag, USHORT depth);
NTKERNELAPI PVOID NTAPI MmMapLockedPagesSpecifyCache(MDL *mdl, CCHAR mode, ULONG cache, PVOID base, ULONG bugCheck, ULONG priority);
NTKERNELAPI PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS address, SIZE_T size, ULONG caching);
NTKERNELAPI PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS address, SIZE_T size, ULONG protect);
NTKERNELAPI PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T size, PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS boundary, ULONG protect, ULONG node);
NTKERNELAPI NTSTATUS NTAPI MmProtectMdlSystemAddress(MDL *mdl, ULONG protect);
NTKERNELAPI NTSTATUS NTAPI ZwCreateSection(HANDLE *section, ULONG access, void *attributes, void *size, ULONG protect, ULONG allocation, HANDLE file);
NTKERNELAPI NTSTATUS NTAPI ZwMapViewOfSection(HANDLE section, HANDLE process, PVOID *base, ULONG_PTR zeroBits, SIZE_T commit, void *offset, SIZE_T *size, ULONG inherit, ULONG allocation, ULONG protect);
NTKERNELAPI NTSTATUS NTAPI ZwAllocateVirtualMemory(HANDLE process, PVOID *base, ULONG_PTR zeroBits, SIZE_T *size, ULONG allocation, ULONG protect);
NTKERNELAPI NTSTATUS NTAPI RtlGetVersion(VERSION_INFO *info);
NTKERNELAPI void NTAPI ExFreePoolWithTag(PVOID memory, ULONG tag);
NTKERNELAPI void NTAPI Consume(const void *data);
NTKERNELAPI ULONG NTAPI Ask(ULONG question);

void *memset(void *to, int value, SIZE_T size);
void *memcpy(void *to, const void *from, SIZE_T size);
NTSTATUS NTAPI DriverEntry(void *driver, void *path);

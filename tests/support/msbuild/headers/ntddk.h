/* mingw's ntddk.h, and what the templates use of the kit's that it lacks. For the tests' builds only. */
#pragma once
#include_next <ntddk.h>

#ifndef _Dispatch_type_
#define _Dispatch_type_(type)
#endif
#ifndef ALLOC_PRAGMA
#define ALLOC_PRAGMA
#endif

/* The kit's inline function sets the pool type that POOL_NX_OPTIN makes NonPagedPool mean, on Windows 8 and later. */
#define DrvRtPoolNxOptIn 1UL
static POOL_TYPE ExDefaultNonPagedPoolType = NonPagedPool;
static __inline void ExInitializeDriverRuntime(ULONG flags) {
  if (flags & DrvRtPoolNxOptIn) *(volatile POOL_TYPE *)&ExDefaultNonPagedPoolType = NonPagedPoolNx;
}

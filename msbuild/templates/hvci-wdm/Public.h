/* What a program that talks to the driver has to know. It has included winioctl.h (ntddk.h in the driver). */
#pragma once

/* Answers with one ULONG: how often it was asked. */
#define IOCTL_DRIVER_COUNT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* What device.c asks of a sample. */
#pragma once
#include "kernel.h"

/* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) */
#define IOCTL_SAMPLE_ASK 0x222000u

/* "Hvci" as a pool tag, which tools show backwards. */
#define SAMPLE_TAG 0x69637648u

/* The text that answers IOCTL_SAMPLE_ASK, NUL-terminated. */
const char *SampleAnswer(void);

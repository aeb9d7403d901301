/* KMDF from 1.15 on: the image holds a pointer to the framework's function table. */
#define FUNCTIONS 444
#define TABLE &functionTable
#define CALL(index) functionTable[index]
#include "framework.h"

/* KMDF up to 1.13: the function table is an array in the image. */
#define FUNCTIONS 438
#define TABLE functions
#define CALL(index) functions[index]
#include "framework.h"

/* Addresses of locals that are hidden before they are given away, and told back: XOR keys, tags, halves, vectors. */
#include "ddis.h"

NTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }

static volatile ULONG_PTR secret = 0x5a5a;
static NOINLINE void byXor(ULONG_PTR hidden, ULONG_PTR key) { *(volatile ULONG *)(hidden ^ key) = NonPagedPoolNx; }
static NOINLINE void byComplement(ULONG_PTR hidden) { *(volatile ULONG *)~hidden = NonPagedPoolNx; }
static NOINLINE void byShift(ULONG_PTR hidden) { *(volatile ULONG *)(hidden << 2) = NonPagedPoolNx; }
static NOINLINE void byQuarter(ULONG_PTR hidden) { *(volatile ULONG *)(hidden / 4) = NonPagedPoolNx; }
static NOINLINE void byHalves(ULONG_PTR low, ULONG_PTR high) { *(volatile ULONG *)(low | high) = NonPagedPoolNx; }
static NOINLINE void byRotation(ULONG_PTR hidden) {
  *(volatile ULONG *)((hidden >> 5) | (hidden << (sizeof hidden * 8 - 5))) = NonPagedPoolNx;
}
#ifdef _WIN64
#define SWAP(value) __builtin_bswap64(value)
#else
#define SWAP(value) __builtin_bswap32(value)
#endif
static NOINLINE void bySwap(ULONG_PTR hidden) { *(volatile ULONG *)SWAP(hidden) = NonPagedPoolNx; }

#define HIDDEN(address, give)                                \
  volatile ULONG type = NonPagedPool;                        \
  ULONG_PTR address = (ULONG_PTR)&type;                      \
  give;                                                      \
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG)

/* expect: undetermined or ok 512 */
CASE(hidden_by_key)(SIZE_T size) {
  ULONG_PTR key = secret;
  HIDDEN(address, byXor(address ^ key, key));
}
/* expect: undetermined or ok 512 */
CASE(hidden_by_constant)(SIZE_T size) { HIDDEN(address, byXor(address ^ 0x5a5a, 0x5a5a)); }
/* expect: undetermined or ok 512 */
CASE(hidden_by_tag)(SIZE_T size) { HIDDEN(address, byXor(address | 1, 1)); }
/* expect: undetermined or ok 512 */
CASE(complement)(SIZE_T size) { HIDDEN(address, byComplement(~address)); }
/* expect: undetermined or ok 512 */
CASE(negated)(SIZE_T size) { HIDDEN(address, byComplement(-address - 1)); }
/* expect: undetermined or ok 512 */
CASE(shifted)(SIZE_T size) { HIDDEN(address, byShift(address >> 2)); }
/* expect: undetermined or ok 512 */
CASE(times_four)(SIZE_T size) { HIDDEN(address, byQuarter(address * 4)); }
/* expect: undetermined or ok 512 */
CASE(rotated)(SIZE_T size) { HIDDEN(address, byRotation(address << 5 | address >> (sizeof address * 8 - 5))); }
/* expect: undetermined or ok 512 */
CASE(swapped)(SIZE_T size) { HIDDEN(address, bySwap(SWAP(address))); }
/* expect: undetermined or ok 512 */
CASE(halves)(SIZE_T size) { HIDDEN(address, byHalves(address & 0xfff, address & ~(ULONG_PTR)0xfff)); }
/* expect: undetermined or ok 512 */
CASE(masked)(SIZE_T size) {
  ULONG_PTR key = secret;
  HIDDEN(address, byHalves(address & ~key, address & key));
}

struct holder {
  volatile ULONG *place;
};
static volatile struct holder shared;
static NOINLINE void useShared(void) { *shared.place = NonPagedPoolNx; }
/* An address that is one of two: of the other nothing is known. */
/* expect: undetermined or ok 512 */
CASE(chosen)(SIZE_T size, struct holder *holder, ULONG which) {
  volatile ULONG type = NonPagedPool;
  volatile ULONG *place = holder->place;
  if (Ask(which)) place = &type;
  *place = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(exchanged)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  __atomic_exchange_n(&shared.place, &type, __ATOMIC_SEQ_CST);
  useShared();
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(exchanged_if_none)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  volatile ULONG *none = 0;
  __atomic_compare_exchange_n(&shared.place, &none, &type, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  useShared();
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* expect: undetermined or ok 512 */
CASE(added)(SIZE_T size) {
  volatile ULONG type = NonPagedPool;
  __atomic_fetch_add((volatile ULONG_PTR *)&shared.place, (ULONG_PTR)&type, __ATOMIC_SEQ_CST);
  useShared();
  return ExAllocatePoolWithTag((POOL_TYPE)type, size, TAG);
}
/* A pointer that is aligned down leads to another element. */
/* expect: undetermined or ok 512 */
CASE(aligned)(SIZE_T size) {
  volatile ULONG types[8];
  types[4] = NonPagedPool;
  Consume(0);
  volatile ULONG *place = (volatile ULONG *)((ULONG_PTR)&types[7] & ~(ULONG_PTR)15);
  place[0] = place[1] = place[2] = place[3] = place[-1] = place[-2] = place[-3] = NonPagedPoolNx;
  return ExAllocatePoolWithTag((POOL_TYPE)types[4], size, TAG);
}
#if defined(__i386__) || defined(__x86_64__)
/* stosd leaves the next element's address. */
/* expect: undetermined or none */
CASE(string_instruction)(SIZE_T size) {
  volatile ULONG types[4];
  types[1] = NonPagedPool;
  volatile void *place = types;
  __asm__ volatile("movl $512, %%eax; stosl; stosl; stosl" : "+D"(place) : : "eax", "memory");
  return ExAllocatePoolWithTag((POOL_TYPE)types[1], size, TAG);
}
#endif

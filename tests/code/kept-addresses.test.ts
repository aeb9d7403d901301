/** Addresses of judged DDIs that are called where nobody sees it: never clean. The calls that are seen are safe. */
import test from 'ava';
import { saidOf, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

const prelude = `
typedef void *(NTAPI *ALLOCATE)(POOL_TYPE, SIZE_T, ULONG);
struct operations { ALLOCATE allocate; void (NTAPI *release)(void *, ULONG); };
`;
const sources: Readonly<Record<string, string>> = {
  'in a structure on the stack': `
    static NOINLINE void *use(volatile struct operations *operations, SIZE_T size) {
      return operations->allocate(NonPagedPool, size, TAG);
    }
    CASE(structure)(SIZE_T size) {
      volatile struct operations operations = {ExAllocatePoolWithTag, ExFreePoolWithTag};
      Consume(ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG));
      return (UCHAR *)use(&operations, size) + 1;
    }`,
  'returned by a function': `
    static NOINLINE ALLOCATE find(void) { Ask(1); return ExAllocatePoolWithTag; }
    CASE(getter)(SIZE_T size) {
      Consume(ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG));
      return (UCHAR *)find()(NonPagedPool, size, TAG) + 1;
    }`,
  'stored through a parameter': `
    static NOINLINE void find(ALLOCATE *allocate) {
      *allocate = ExAllocatePoolWithTag;
      Consume(ExAllocatePoolWithTag(NonPagedPoolNx, 4, TAG));
    }
    CASE(parameter)(SIZE_T size) {
      ALLOCATE allocate;
      find(&allocate);
      return (UCHAR *)allocate(NonPagedPool, size, TAG) + 1;
    }`,
  'chosen between two': `
    CASE(chosen)(SIZE_T size) {
      ALLOCATE allocate = Ask(1) ? ExAllocatePoolWithTag : ExAllocatePoolWithQuotaTag;
      Consume(ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG));
      Consume(ExAllocatePoolWithQuotaTag(NonPagedPoolNx, size, TAG));
      return (UCHAR *)allocate(NonPagedPool, size, TAG) + 1;
    }`,
  'called where calls of many cases are one': `
    CASE(cases)(SIZE_T size, ULONG which) {
      switch (Ask(which)) {
        case 0: return ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
        case 1: return ExAllocatePoolWithTag(PagedPool, size + 1, TAG + 1);
        case 2: Ask(3); return ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, size, TAG);
        case 3: Ask(4); Ask(5); return ExAllocatePoolWithTag(NonPagedPool, size, TAG);
        case 4: return ExAllocatePoolWithTag(NonPagedPoolNx | POOL_ZERO, size, TAG);
        case 5: Consume(0);
      }
      return 0;
    }`,
};

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: the address of a judged DDI that is kept`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    for (const [what, source] of Object.entries(sources))
      for (const level of ['O0', 'O1', 'Oz'] as const)
        t.not((await saidOf({ source: prelude + source, arch, level }, 'HVCI2000')).length, 0, `${what}, ${level}`);
  });

  test(`${arch}: pointers that a driver's own structures hold are no reason to doubt`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const source = `${prelude}
      struct device { void (*ready)(void *); struct device *next[4]; };
      CASE(callbacks)(struct device *device, SIZE_T size, ULONG which) {
        void *memory = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
        device->next[which]->ready(memory);
        return memory != 0 ? memory : ExAllocatePoolWithTag(PagedPool, size, TAG);
      }
      typedef void (*CALLBACK)(void *);
      CASE(callback_array)(CALLBACK *callbacks, SIZE_T size) {
        for (ULONG index = 0; index < 8; index++) {
          void *memory = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
          if (callbacks[index]) callbacks[index](memory);
        }
        return 0;
      }
      static NOINLINE void find(CALLBACK *callback) { *callback = (CALLBACK)(ULONG_PTR)Ask(1); }
      CASE(callback_on_stack)(SIZE_T size) {
        CALLBACK callback;
        find(&callback);
        callback(ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG));
        callback(ExAllocatePoolWithTag(NonPagedPoolNx, size + 1, TAG));
        return 0;
      }`;
    // Without optimization clang keeps the import's address on the stack, among what is given away.
    for (const level of ['O1', 'Oz'] as const)
      t.deepEqual(await saidOf({ source, arch, level }, 'HVCI2000'), [], level);
  });
}

// GCC makes one vector of two pointers that lie side by side.
test('x64: an address that is read into a vector register', async (t) => {
  if (!toolsReady(t, smallDriverTools)) return;
  const source = `${prelude}
    extern void *const import __asm__("__imp_ExAllocatePoolWithTag");
    ALLOCATE table[2];
    CASE(fills_table)(SIZE_T size) {
      __asm__ volatile("movq %1, %%xmm0; movq %%xmm0, %0" : "=m"(table[0]) : "m"(import) : "xmm0");
      return ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
    }
    CASE(calls_table)(SIZE_T size) { return (UCHAR *)table[0](NonPagedPool, size, TAG) + 1; }`;
  for (const level of ['O0', 'O1'] as const)
    t.deepEqual(await saidOf({ source, arch: 'x64', level }, 'HVCI2000'), ['undetermined'], level);
});

/** Functions that are found at run time by name: ordinary forms stay decided, and a name that nobody sees is said. */
import test from 'ava';
import { factsOf } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

const declarations = `
  typedef struct { USHORT Length, Maximum; WCHAR *Buffer; } STRING;
  typedef struct { USHORT Length, Maximum; char *Buffer; } NARROW;
  NTKERNELAPI void *NTAPI MmGetSystemRoutineAddress(const STRING *name);
  NTKERNELAPI void NTAPI RtlInitUnicodeString(STRING *string, const WCHAR *text);
  NTKERNELAPI void NTAPI RtlInitAnsiString(NARROW *string, const char *text);
  NTKERNELAPI NTSTATUS NTAPI RtlAnsiStringToUnicodeString(STRING *string, const NARROW *from, BOOLEAN allocate);
  #define W(text) ((const WCHAR *)L##text)
  #define CONSTANT(text) { sizeof L##text - 2, sizeof L##text, (WCHAR *)L##text }
  static void *found[8];
  #define FIND(at, string) (found[at] = MmGetSystemRoutineAddress(string))
  static NOINLINE void *byText(const WCHAR *name) {
    STRING string;
    RtlInitUnicodeString(&string, name);
    return MmGetSystemRoutineAddress(&string);
  }`;

/** Every name that is asked for is that of a function without an argument to judge. */
const decided = `
  CASE(one_after_the_other)(void) {
    STRING s;
    RtlInitUnicodeString(&s, W("RtlGetVersion")); FIND(0, &s);
    RtlInitUnicodeString(&s, W("KeQuerySystemTime")); return FIND(1, &s);
  }
  CASE(initialised)(void) { STRING a = CONSTANT("RtlGetVersion"), b = CONSTANT("ZwClose"); FIND(0, &a); return FIND(1, &b); }
  static STRING variable = CONSTANT("RtlGetVersion");
  static const STRING fixed = CONSTANT("ZwClose");
  CASE(statics)(void) { FIND(0, &variable); return FIND(1, &fixed); }
  static const WCHAR *const names[] = { W("RtlGetVersion"), W("ZwClose"), W("KeQuerySystemTime") };
  CASE(table)(void) { for (int i = 0; i < 3; i++) { STRING s; RtlInitUnicodeString(&s, names[i]); FIND(i, &s); } return 0; }
  /* x86: the loop below names a place before its table, where otherwise the string above lies. */
  ULONG apart[4] = { 1 };
  static struct { const WCHAR *name; void *found; } pairs[] = { { W("RtlGetVersion") }, { W("ZwClose") }, { 0 } };
  CASE(pairs)(void) { for (int i = 0; pairs[i].name; i++) { STRING s; RtlInitUnicodeString(&s, pairs[i].name); pairs[i].found = FIND(i, &s); } return 0; }
  static STRING strings[] = { CONSTANT("RtlGetVersion"), CONSTANT("ZwClose"), CONSTANT("KeQuerySystemTime") };
  CASE(strings)(void) { void **to = found; for (STRING *s = strings; s < strings + 3; s++) *to++ = MmGetSystemRoutineAddress(s); return 0; }
  CASE(helper)(void) { found[0] = byText(W("RtlGetVersion")); return byText(W("ZwClose")); }
  static NOINLINE void *byString(const STRING *s) { return MmGetSystemRoutineAddress(s); }
  CASE(helper_of_string)(void) { STRING s; RtlInitUnicodeString(&s, W("RtlGetVersion")); return byString(&s); }
  static NOINLINE void fill(STRING *s, const WCHAR *text) {
    USHORT count = 0;
    while (text[count]) count++;
    s->Length = count * 2, s->Maximum = count * 2 + 2, s->Buffer = (WCHAR *)text;
  }
  CASE(own_initialiser)(void) { STRING s; fill(&s, W("RtlGetVersion")); FIND(0, &s); fill(&s, W("ZwClose")); return FIND(1, &s); }
  static STRING elsewhere;
  static NOINLINE void first(void) { RtlInitUnicodeString(&elsewhere, W("RtlGetVersion")); }
  CASE(elsewhere)(void) { first(); return FIND(0, &elsewhere); }
  static NOINLINE void *byNarrow(const char *name) {
    NARROW narrow; STRING s;
    RtlInitAnsiString(&narrow, name); RtlAnsiStringToUnicodeString(&s, &narrow, 1);
    return MmGetSystemRoutineAddress(&s);
  }
  CASE(narrow)(void) { found[0] = byNarrow("RtlGetVersion"); return byNarrow("ZwClose"); }
  static NOINLINE void *again(const WCHAR *name, ULONG times) {
    void *got = byText(name);
    if (!got && times) got = again(name, times - 1);
    return (UCHAR *)got + Ask(times);
  }
  CASE(calls_itself)(void) { return again(W("RtlGetVersion"), 3); }
  CASE(choice)(void) { STRING s; RtlInitUnicodeString(&s, Ask(1) ? W("RtlGetVersion") : W("ZwClose")); return FIND(0, &s); }
  CASE(others_beside)(void) {
    STRING s, other;
    RtlInitUnicodeString(&other, W("Parameters")); Consume(&other);
    RtlInitUnicodeString(&s, W("RtlGetVersion")); return FIND(0, &s);
  }
  struct context { ULONG a; STRING name; };
  static NOINLINE void *inContext(struct context *c) { RtlInitUnicodeString(&c->name, W("RtlGetVersion")); return FIND(0, &c->name); }
  CASE(member)(void) { static struct context c; return inContext(&c); }
  CASE(copied)(void) { STRING s = fixed; return FIND(0, &s); }
  CASE(callers_string)(STRING *s) { RtlInitUnicodeString(s, W("RtlGetVersion")); return FIND(0, s); }
  struct device { STRING name; ULONG a; };
  CASE(callers_member)(struct device *d) {
    if (!d) return 0;
    RtlInitUnicodeString(&d->name, W("RtlGetVersion")); return FIND(0, &d->name);
  }
  static const WCHAR *volatile either = W("RtlGetVersion");
  CASE(set_to_another_name)(void) { if (Ask(1)) either = W("ZwClose"); STRING s; RtlInitUnicodeString(&s, either); return FIND(0, &s); }
  static STRING again_filled = CONSTANT("RtlGetVersion");
  CASE(filled_with_another_name)(void) { if (Ask(1)) RtlInitUnicodeString(&again_filled, W("ZwClose")); return FIND(0, &again_filled); }
  /* So does a loop over what follows in memory. */
  ULONG behind[4] = { 1 };`;

/** What is asked for once is decided by nobody that the code shows. */
const open: Readonly<Record<string, string>> = {
  'a constant, and letters on the stack': `CASE(x)(void *given) {
    STRING a = CONSTANT("RtlGetVersion"); FIND(0, &a);
    WCHAR letters[40]; memcpy(letters, given, 40); STRING b = { 28, 30, letters }; return FIND(1, &b); }`,
  'a constant, and what a caller gives': `CASE(x)(void *given) { STRING a = CONSTANT("RtlGetVersion"); FIND(0, &a); return FIND(1, given); }`,
  'what a caller gives, and a name for another purpose': `CASE(x)(void *given) { Consume(W("Parameters")); return FIND(0, given); }`,
  'a name that is joined from two': `CASE(x)(void) {
    static WCHAR letters[40]; memcpy(letters, W("ExAllocate"), 20); memcpy(letters + 10, W("PoolWithTag"), 24);
    STRING s; s.Length = 42, s.Maximum = 44, s.Buffer = letters; return FIND(0, &s); }`,
  'one of a helper’s callers passes on what it is given': `CASE(x)(void *given) { found[0] = byText(W("RtlGetVersion")); return byText(given); }`,
  'one string for two names': `CASE(x)(void *given) {
    STRING s; RtlInitUnicodeString(&s, W("RtlGetVersion")); FIND(0, &s); RtlInitUnicodeString(&s, given); return FIND(1, &s); }`,
  'a string for another name': `CASE(x)(void *given) {
    STRING other, s; RtlInitUnicodeString(&other, W("Parameters")); Consume(&other);
    RtlInitUnicodeString(&s, given); return FIND(0, &s); }`,
  'two strings that are filled from each other': `CASE(x)(void) {
    STRING a, b; RtlAnsiStringToUnicodeString(&a, (void *)&b, 0); RtlAnsiStringToUnicodeString(&b, (void *)&a, 0); return FIND(0, &b); }`,
  'a string of the caller’s that is not always filled': `CASE(x)(STRING *s) {
    if (Ask(1)) RtlInitUnicodeString(s, W("RtlGetVersion")); return FIND(0, s); }`,
  'a string of the caller’s that is filled later': `CASE(x)(STRING *s) { FIND(0, s); RtlInitUnicodeString(s, W("RtlGetVersion")); return 0; }`,
  'a pointer that is set anew': `static const WCHAR *volatile which = W("RtlGetVersion");
    CASE(y)(void *given) { which = given; return 0; }
    CASE(x)(void) { STRING s; RtlInitUnicodeString(&s, which); return FIND(0, &s); }`,
  'a pointer of a table that is set anew': `static const WCHAR *volatile table[] = { W("RtlGetVersion"), W("ZwClose") };
    CASE(y)(void *given, SIZE_T at) { table[at] = given; return 0; }
    CASE(x)(void) { STRING s; RtlInitUnicodeString(&s, table[0]); return FIND(0, &s); }`,
  'a structure whose pointer is set anew': `static volatile STRING set = CONSTANT("RtlGetVersion");
    CASE(y)(void *given) { set.Buffer = given; return 0; }
    CASE(x)(void) { return FIND(0, (const STRING *)&set); }`,
  'a structure that is filled anew': `static STRING filled = CONSTANT("RtlGetVersion");
    CASE(y)(void *given) { RtlInitUnicodeString(&filled, given); return 0; }
    CASE(x)(void) { return FIND(0, &filled); }`,
  'letters that are set': `static volatile WCHAR letters[] = L"RtlGetVersion";
    CASE(y)(ULONG given) { letters[0] = given; return 0; }
    CASE(x)(void) { STRING s; RtlInitUnicodeString(&s, (const WCHAR *)letters); return FIND(0, &s); }`,
  'letters that are decoded': `static volatile WCHAR letters[] = L"RtlGetVersion";
    CASE(y)(void) { for (int i = 0; i < 13; i++) letters[i] ^= 1; return 0; }
    CASE(x)(void) { STRING s; RtlInitUnicodeString(&s, (const WCHAR *)letters); return FIND(0, &s); }`,
  'letters that are copied over': `static WCHAR letters[] = L"RtlGetVersion";
    CASE(y)(void *given) { memcpy(letters, given, 26); return 0; }
    CASE(x)(void) { STRING s; RtlInitUnicodeString(&s, letters); return FIND(0, &s); }`,
  'a helper that anybody may call': `CASE(x)(void) { found[0] = byText(W("RtlGetVersion")); Consume(byText); return 0; }`,
};

for (const arch of ['x64', 'arm64', 'x86'] as const)
  for (const level of ['O0', 'O2'] as const) {
    test(`${arch} ${level}: names that are constants`, async (t) => {
      if (!toolsReady(t, smallDriverTools)) return;
      t.deepEqual(factsOf(await smallDriver({ source: declarations + decided, arch, level })).unseen, []);
    });
    for (const [what, source] of Object.entries(open))
      test(`${arch} ${level}: ${what}`, async (t) => {
        if (!toolsReady(t, smallDriverTools)) return;
        const { unseen } = factsOf(await smallDriver({ source: declarations + source, arch, level }));
        t.true(unseen.some(({ rule, reason }) => rule === 'HVCI2000' && reason.includes('no constant in the image')));
      });
  }

test('thousands of strings in one function are ended with', async (t) => {
  if (!toolsReady(t, smallDriverTools)) return;
  const lookups = Array.from({ length: 8000 }, (_, index) => `MmGetSystemRoutineAddress(strings + ${index});`);
  const source = `${declarations} static STRING strings[8000]; CASE(x)(void) { ${lookups.join('\n')} return 0; }`;
  const image = await smallDriver({ source, arch: 'x64', level: 'O2' });
  const before = process.cpuUsage();
  const { unseen } = factsOf(image);
  const { user } = process.cpuUsage(before);
  t.true(unseen.some(({ rule, reason }) => rule === 'HVCI2000' && reason.includes('no constant in the image')));
  t.true(user < 5_000_000, `${user / 1000} ms`);
});

/** What to write instead, value by value: the constants are winnt.h's and wdm.h's. */
import test from 'ava';
import { insteadOf } from '../../../fixer/code/ddi/instead.js';

const cases: readonly (readonly [Parameters<typeof insteadOf>[0], number, string])[] = [
  ['page-protection', 0x10, 'PAGE_READONLY'],
  ['page-protection', 0x20, 'PAGE_READONLY'],
  ['page-protection', 0x40, 'PAGE_READWRITE'],
  ['page-protection', 0x80, 'PAGE_WRITECOPY'],
  ['page-protection', 0x220, 'PAGE_READONLY | PAGE_NOCACHE'],
  ['page-protection', 0x440, 'PAGE_READWRITE | PAGE_WRITECOMBINE'],
  ['page-protection', 0x140, 'PAGE_READWRITE | PAGE_GUARD'],
  ['page-priority', 0, 'LowPagePriority | MdlMappingNoExecute'],
  ['page-priority', 32, 'HighPagePriority | MdlMappingNoExecute'],
  [
    'page-priority',
    0xa0000010,
    'NormalPagePriority | MdlMappingWithGuardPtes | MdlMappingNoExecute | MdlMappingNoWrite',
  ],
  ['pool-flags', 0x80, 'POOL_FLAG_NON_PAGED'],
  ['pool-flags', 0xc0, 'POOL_FLAG_NON_PAGED'],
  ['pool-flags', 0x89, 'POOL_FLAG_USE_QUOTA | POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_NON_PAGED'],
  ['pool-type', 0, 'NonPagedPoolNx'],
  ['pool-type', 2, 'NonPagedPoolNx'],
  ['pool-type', 4, 'NonPagedPoolNxCacheAligned'],
  ['pool-type', 6, 'NonPagedPoolNxCacheAligned'],
  ['pool-type', 32, 'NonPagedPoolSessionNx'],
  ['pool-type', 36, 'NonPagedPoolSessionNx'],
  [
    'pool-type',
    0x418,
    'NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_ZERO_ALLOCATION',
  ],
  ['lookaside-flags', 0, 'POOL_NX_ALLOCATION'],
  ['lookaside-flags', 16, 'POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_NX_ALLOCATION'],
];

test('one value', (t) => {
  for (const [kind, value, expected] of cases) t.is(insteadOf(kind, [value]), expected, `${kind} ${value}`);
  t.is(insteadOf('section-access', [8]), null);
});

test('several values: one where all come to the same, else one by one, and the rule for many', (t) => {
  t.is(insteadOf('page-protection', [0x10, 0x20, 4]), 'PAGE_READONLY');
  t.is(
    insteadOf('page-protection', [0x20, 0x40]),
    'PAGE_READONLY for PAGE_EXECUTE_READ, PAGE_READWRITE for PAGE_EXECUTE_READWRITE',
  );
  t.is(insteadOf('page-protection', [0x10, 0x20, 0x40, 0x80]), null);
  t.is(insteadOf('pool-type', [0, 1]), 'NonPagedPoolNx');
});

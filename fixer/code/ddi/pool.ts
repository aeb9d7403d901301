/**
 * DDIs that take a pool type or pool flags: 0x2000 when the memory asked for is executable.
 * Source: the page of each function in Microsoft's driver reference, and "Driver compatibility with memory integrity".
 */
import { at, type Ddi } from './ddi.js';

export const poolDdis: readonly Ddi[] = [
  {
    name: 'ExAllocatePool',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 8,
    remedy: 'ExAllocatePool2(POOL_FLAG_NON_PAGED, ...) on Windows 10 2004 and later, else ExAllocatePoolZero(NonPagedPoolNx, ...)',
    judged: [
      { argument: at(0, 0), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ExAllocatePoolWithQuota',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 8,
    remedy: 'ExAllocatePool2(POOL_FLAG_USE_QUOTA | POOL_FLAG_NON_PAGED, ...), or ExAllocatePoolQuotaZero(NonPagedPoolNx, ...)',
    judged: [
      { argument: at(0, 0), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ExAllocatePoolWithQuotaTag',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 12,
    tag: at(2, 2),
    remedy: 'ExAllocatePool2(POOL_FLAG_USE_QUOTA | POOL_FLAG_NON_PAGED, ...), or ExAllocatePoolQuotaZero(NonPagedPoolNx, ...)',
    judged: [
      { argument: at(0, 0), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ExAllocatePoolWithTag',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 12,
    tag: at(2, 2),
    remedy: 'ExAllocatePool2(POOL_FLAG_NON_PAGED, ...) on Windows 10 2004 and later, else NonPagedPoolNx',
    judged: [
      { argument: at(0, 0), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ExAllocatePoolWithTagPriority',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 16,
    tag: at(2, 2),
    remedy: 'ExAllocatePool3 with PoolExtendedParameterPriority, or ExAllocatePoolPriorityZero(NonPagedPoolNx, ...)',
    judged: [
      { argument: at(0, 0), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ExInitializeNPagedLookasideList',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 28,
    tag: at(5, 5),
    remedy: 'POOL_NX_ALLOCATION in Flags, or ExInitializeLookasideListEx(..., NonPagedPoolNx, ...)',
    judged: [
      { argument: at(3, 3), parameter: 'Flags', kind: 'lookaside-flags', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ExInitializeLookasideListEx',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 32,
    tag: at(6, 6),
    remedy: 'NonPagedPoolNx',
    judged: [
      { argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ClfsCreateMarshallingArea',
    library: 'clfs.sys',
    listed: true,
    stdcallBytes: 32,
    remedy: 'NonPagedPoolNx',
    judged: [
      { argument: at(1, 1), parameter: 'ePoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ChangerClassAllocatePool',
    library: 'mcd.sys',
    listed: true,
    stdcallBytes: 8,
    remedy: 'NonPagedPoolNx',
    judged: [
      { argument: at(0, 0), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'VideoPortAllocatePool',
    library: 'videoprt.sys',
    listed: true,
    stdcallBytes: 16,
    tag: at(3, 3),
    remedy: 'display: move to WDDM; NonPagedPoolNx value 512 if accepted',
    judged: [
      { argument: at(1, 1), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'PcNewDmaChannel',
    library: 'portcls.sys',
    listed: true,
    stdcallBytes: 20,
    remedy: 'PagedPool or NonPagedPoolNx',
    judged: [
      { argument: at(2, 2), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'PcNewResourceList',
    library: 'portcls.sys',
    listed: true,
    stdcallBytes: 20,
    remedy: 'PagedPool or NonPagedPoolNx',
    judged: [
      { argument: at(2, 2), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'PcNewResourceSublist',
    library: 'portcls.sys',
    listed: true,
    stdcallBytes: 20,
    remedy: 'PagedPool or NonPagedPoolNx',
    judged: [
      { argument: at(2, 2), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'FltAllocatePoolAlignedWithTag',
    library: 'fltmgr.sys',
    listed: true,
    stdcallBytes: 16,
    tag: at(3, 3),
    remedy: 'NonPagedPoolNx',
    judged: [
      { argument: at(1, 1), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'FltAllocateContext',
    library: 'fltmgr.sys',
    listed: true,
    stdcallBytes: 20,
    remedy: 'NonPagedPoolNx / PagedPool',
    judged: [
      { argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error', volumeContext: at(1, 1) },
    ],
  },
  {
    name: 'ExAllocatePool2',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 16,
    tag: at(2, 3),
    remedy: 'POOL_FLAG_NON_PAGED',
    judged: [
      { argument: at(0, 0), parameter: 'Flags', kind: 'pool-flags', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ExAllocatePool3',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 24,
    tag: at(2, 3),
    remedy: 'POOL_FLAG_NON_PAGED',
    judged: [
      { argument: at(0, 0), parameter: 'Flags', kind: 'pool-flags', rule: 'HVCI2000', severity: 'error' },
    ],
  },
  {
    name: 'ExAllocateCacheAwareRundownProtection',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 8,
    tag: at(1, 1),
    remedy: 'NonPagedPoolNx',
    judged: [
      { argument: at(0, 0), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' },
    ],
  },
];

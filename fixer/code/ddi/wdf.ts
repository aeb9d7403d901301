/**
 * Functions of the framework that take a pool type; called through its function table, DriverGlobals first.
 * Source: the page of each function in Microsoft's driver reference, and "Driver compatibility with memory integrity".
 */
import { at, type Ddi } from './ddi.js';

export const wdfDdis: readonly Ddi[] = [
  {
    name: 'WdfLookasideListCreate',
    library: 'wdf01000.sys',
    listed: true,
    stdcallBytes: 28,
    wdfIndex: 198,
    tag: at(5, 5),
    remedy: 'NonPagedPoolNx, or define POOL_NX_OPTIN',
    judged: [{ argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' }],
  },
  {
    name: 'WdfMemoryCreate',
    library: 'wdf01000.sys',
    listed: true,
    stdcallBytes: 28,
    wdfIndex: 192,
    tag: at(3, 3),
    remedy: 'NonPagedPoolNx, or define POOL_NX_OPTIN',
    judged: [{ argument: at(2, 2), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' }],
  },
  {
    name: 'WdfDeviceAllocAndQueryProperty',
    library: 'wdf01000.sys',
    listed: true,
    stdcallBytes: 24,
    wdfIndex: 82,
    remedy: 'NonPagedPoolNx, or define POOL_NX_OPTIN',
    judged: [{ argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' }],
  },
  {
    name: 'WdfDeviceAllocAndQueryPropertyEx',
    library: 'wdf01000.sys',
    listed: true,
    stdcallBytes: 28,
    wdfIndex: 434,
    remedy: 'NonPagedPoolNx, or define POOL_NX_OPTIN',
    judged: [{ argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' }],
  },
  {
    name: 'WdfFdoInitAllocAndQueryProperty',
    library: 'wdf01000.sys',
    listed: true,
    stdcallBytes: 24,
    wdfIndex: 127,
    remedy: 'NonPagedPoolNx, or define POOL_NX_OPTIN',
    judged: [{ argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' }],
  },
  {
    name: 'WdfFdoInitAllocAndQueryPropertyEx',
    library: 'wdf01000.sys',
    listed: true,
    stdcallBytes: 28,
    wdfIndex: 437,
    remedy: 'NonPagedPoolNx, or define POOL_NX_OPTIN',
    judged: [{ argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' }],
  },
  {
    name: 'WdfIoTargetAllocAndQueryTargetProperty',
    library: 'wdf01000.sys',
    listed: true,
    stdcallBytes: 24,
    wdfIndex: 176,
    remedy: 'NonPagedPoolNx, or define POOL_NX_OPTIN',
    judged: [{ argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' }],
  },
  {
    name: 'WdfRegistryQueryMemory',
    library: 'wdf01000.sys',
    listed: true,
    stdcallBytes: 28,
    wdfIndex: 236,
    remedy: 'NonPagedPoolNx, or define POOL_NX_OPTIN',
    judged: [{ argument: at(3, 3), parameter: 'PoolType', kind: 'pool-type', rule: 'HVCI2000', severity: 'error' }],
  },
];

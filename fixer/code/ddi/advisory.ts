/**
 * DDIs of Microsoft's lists of which no argument decides whether memory is executable, and those that a call does not
 * show. Source: as in pool.ts.
 */
import { at, type Ddi } from './ddi.js';

/** Told of as information when imported (HVCI3006) where `listed`. */
export const advisoryDdis: readonly Ddi[] = [
  {
    name: 'MmAllocateContiguousMemory',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 12,
    remedy: 'MmAllocateContiguousNodeMemory(...,PAGE_READWRITE,...)',
    judged: [],
  },
  {
    name: 'MmAllocateContiguousMemorySpecifyCache',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 32,
    remedy: 'MmAllocateContiguousNodeMemory(..., PAGE_READWRITE[|PAGE_NOCACHE|PAGE_WRITECOMBINE], ...)',
    judged: [],
  },
  {
    name: 'MmAllocateContiguousMemorySpecifyCacheNode',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 36,
    remedy: 'MmAllocateContiguousNodeMemory',
    judged: [],
  },
  {
    name: 'MmCopyMemory',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 20,
    remedy: 'none needed; only matters if TargetAddress is executable memory',
    judged: [],
  },
  {
    name: 'MmMapIoSpace',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 16,
    remedy: 'MmMapIoSpaceEx(pa, n, PAGE_READWRITE|PAGE_NOCACHE)',
    judged: [],
  },
  {
    name: 'MmMapLockedPages',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 8,
    remedy: 'MmGetSystemAddressForMdlSafe / MmMapLockedPagesSpecifyCache(..., NormalPagePriority|MdlMappingNoExecute)',
    judged: [],
  },
  {
    name: 'NdisAllocateMemoryWithTagPriority',
    library: 'ndis.sys',
    listed: true,
    stdcallBytes: 16,
    remedy: 'none needed on current Windows',
    judged: [],
  },
  {
    name: 'NdisAllocateMemory',
    library: 'ndis.sys',
    listed: true,
    stdcallBytes: 20,
    remedy: 'NdisAllocateMemoryWithTagPriority',
    judged: [],
  },
  {
    name: 'MmAllocateContiguousMemoryEx',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 52,
    remedy: 'PAGE_READWRITE',
    judged: [],
  },
  { name: 'MmMapLockedPagesWithReservedMapping', library: 'ntoskrnl.exe', listed: false, remedy: '', judged: [] },
  { name: 'MmAllocateMappingAddress', library: 'ntoskrnl.exe', listed: false, remedy: '', judged: [] },
  { name: 'MmAllocateMappingAddressEx', library: 'ntoskrnl.exe', listed: false, remedy: '', judged: [] },
  { name: 'MmAllocateNodePagesForMdlEx', library: 'ntoskrnl.exe', listed: false, remedy: '', judged: [] },
  { name: 'MmAllocatePagesForMdlEx', library: 'ntoskrnl.exe', listed: false, remedy: '', judged: [] },
];

/** Decided by the number of the function that the call asks for. */
export const functionCodeDdis: readonly Ddi[] = [
  {
    name: 'StorPortExtendedFunction',
    library: 'storport.sys',
    listed: true,
    // A function with a variable number of arguments: the caller takes them off.
    stdcallBytes: 0,
    remedy: 'none: the port driver maps the buffer',
    judged: [
      { argument: at(0, 0), parameter: 'FunctionCode', kind: 'storport-function', rule: 'HVCI3006', severity: 'info' },
    ],
  },
  {
    name: 'ZwSetSystemInformation',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 12,
    remedy: 'load the driver through a service or an INF file',
    judged: [
      {
        argument: at(0, 0),
        parameter: 'SystemInformationClass',
        kind: 'information-class',
        rule: 'HVCI3005',
        severity: 'warning',
      },
    ],
  },
];

/** In the catalogue's count, but never seen as a call of their own, with the reason. */
export const unseenDdis: readonly { readonly name: string; readonly why: string }[] = [
  { name: 'StorPortGetDataInBufferSystemAddress', why: 'inline: StorPortExtendedFunction with function code 43' },
  { name: 'StorPortGetSystemAddress', why: 'inline: StorPortExtendedFunction with function code 5' },
  { name: 'MmGetSystemAddressForMdlSafe', why: 'inline: MmMapLockedPagesSpecifyCache' },
  { name: 'ExAllocatePoolZero', why: 'inline: ExAllocatePoolWithTag' },
  { name: 'ExAllocatePoolUninitialized', why: 'inline: ExAllocatePoolWithTag' },
  { name: 'ExAllocatePoolQuotaZero', why: 'inline: ExAllocatePoolWithQuotaTag' },
  { name: 'ExAllocatePoolQuotaUninitialized', why: 'inline: ExAllocatePoolWithQuotaTag' },
  { name: 'ExAllocatePoolPriorityZero', why: 'inline: ExAllocatePoolWithTagPriority' },
  { name: 'ExAllocatePoolPriorityUninitialized', why: 'inline: ExAllocatePoolWithTagPriority' },
  { name: 'DxgkCbMapMemory', why: 'called through a structure that the driver copies' },
  { name: 'IPortWavePci::NewMasterDmaChannel', why: 'called through an interface: the slot alone does not tell which' },
  { name: 'IMiniportDMus::NewStream', why: 'implemented by the driver: its allocations are seen where they are made' },
  { name: 'IMiniportMidi::NewStream', why: 'implemented by the driver: its allocations are seen where they are made' },
  {
    name: 'IMiniportWaveCyclic::NewStream',
    why: 'implemented by the driver: its allocations are seen where they are made',
  },
  {
    name: 'IMiniportWavePci::NewStream',
    why: 'implemented by the driver: its allocations are seen where they are made',
  },
  { name: 'sign:cr0.wp', why: 'an instruction, no call: HVCI3004' },
  { name: 'sign:self-write', why: 'an instruction, no call: HVCI3004' },
];

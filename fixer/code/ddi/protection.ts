/**
 * DDIs that take a page protection or map pages: 0x2001 and 0x2002, and sections that are executable (HVCI3005).
 * Source: the page of each function in Microsoft's driver reference, and "Driver compatibility with memory integrity".
 */
import { at, type Ddi } from './ddi.js';

const createSection: Omit<Ddi, 'name'> = {
  library: 'ntoskrnl.exe',
  listed: true,
  stdcallBytes: 28,
  remedy: 'PAGE_READONLY/PAGE_READWRITE',
  judged: [
    {
      argument: at(4, 4),
      parameter: 'SectionPageProtection',
      kind: 'page-protection',
      rule: 'HVCI2001',
      severity: 'warning',
    },
    { argument: at(1, 1), parameter: 'DesiredAccess', kind: 'section-access', rule: 'HVCI3005', severity: 'warning' },
    {
      argument: at(5, 5),
      parameter: 'AllocationAttributes',
      kind: 'section-attributes',
      rule: 'HVCI3005',
      severity: 'warning',
    },
  ],
};

export const protectionDdis: readonly Ddi[] = [
  {
    name: 'MmAllocateContiguousNodeMemory',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 36,
    remedy: 'PAGE_READWRITE',
    judged: [
      { argument: at(4, 7), parameter: 'Protect', kind: 'page-protection', rule: 'HVCI2001', severity: 'error' },
    ],
  },
  {
    name: 'MmMapLockedPagesSpecifyCache',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 24,
    remedy: 'Priority | MdlMappingNoExecute',
    judged: [
      {
        argument: at(5, 5),
        parameter: 'Priority',
        kind: 'page-priority',
        rule: 'HVCI2002',
        severity: 'error',
        accessMode: at(1, 1),
      },
    ],
  },
  {
    name: 'MmProtectMdlSystemAddress',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 8,
    remedy: 'PAGE_READWRITE / PAGE_READONLY; code patching has no replacement',
    judged: [
      { argument: at(1, 1), parameter: 'NewProtect', kind: 'page-protection', rule: 'HVCI2001', severity: 'error' },
    ],
  },
  {
    name: 'ZwAllocateVirtualMemory',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 24,
    remedy: 'PAGE_READWRITE',
    judged: [
      { argument: at(5, 5), parameter: 'Protect', kind: 'page-protection', rule: 'HVCI2001', severity: 'warning' },
    ],
  },
  { name: 'ZwCreateSection', ...createSection },
  { name: 'NtCreateSection', ...createSection },
  {
    name: 'ZwMapViewOfSection',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 40,
    remedy: 'PAGE_READWRITE',
    judged: [
      { argument: at(9, 9), parameter: 'Win32Protect', kind: 'page-protection', rule: 'HVCI2001', severity: 'warning' },
    ],
  },
  {
    name: 'NtMapViewOfSection',
    library: 'ntoskrnl.exe',
    listed: true,
    stdcallBytes: 40,
    remedy: 'PAGE_READWRITE',
    judged: [
      { argument: at(9, 9), parameter: 'Win32Protect', kind: 'page-protection', rule: 'HVCI2001', severity: 'warning' },
    ],
  },
  {
    name: 'MmMapIoSpaceEx',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 16,
    remedy: 'PAGE_READWRITE|PAGE_NOCACHE',
    judged: [
      { argument: at(2, 3), parameter: 'Protect', kind: 'page-protection', rule: 'HVCI2001', severity: 'error' },
    ],
  },
  {
    name: 'ZwProtectVirtualMemory',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 20,
    remedy: 'non-executable protection',
    judged: [
      { argument: at(3, 3), parameter: 'NewProtect', kind: 'page-protection', rule: 'HVCI2001', severity: 'info' },
    ],
  },
  {
    name: 'MmCreateSection',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 32,
    remedy: 'a protection without execute',
    judged: [
      {
        argument: at(4, 4),
        parameter: 'SectionPageProtection',
        kind: 'page-protection',
        rule: 'HVCI2001',
        severity: 'info',
      },
      { argument: at(1, 1), parameter: 'DesiredAccess', kind: 'section-access', rule: 'HVCI3005', severity: 'info' },
      {
        argument: at(5, 5),
        parameter: 'AllocationAttributes',
        kind: 'section-attributes',
        rule: 'HVCI3005',
        severity: 'info',
      },
    ],
  },
  {
    name: 'MmMapViewOfSection',
    library: 'ntoskrnl.exe',
    listed: false,
    stdcallBytes: 40,
    remedy: 'a protection without execute',
    judged: [
      { argument: at(9, 9), parameter: 'Win32Protect', kind: 'page-protection', rule: 'HVCI2001', severity: 'info' },
    ],
  },
];

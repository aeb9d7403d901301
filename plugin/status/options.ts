/** CodeIntegrityOptions by name (winternl.h; NtQuerySystemInformation, SystemCodeIntegrityInformation). */

export interface CodeIntegrityOption {
  readonly bit: number;
  /** As in winternl.h. */
  readonly name: string;
  readonly meaning: string;
}

const OPTIONS: readonly CodeIntegrityOption[] = [
  { bit: 0x0001, name: 'CODEINTEGRITY_OPTION_ENABLED', meaning: 'drivers must be signed' },
  {
    bit: 0x0002,
    name: 'CODEINTEGRITY_OPTION_TESTSIGN',
    meaning: 'test signing is on: drivers signed by a test certificate load',
  },
  { bit: 0x0004, name: 'CODEINTEGRITY_OPTION_UMCI_ENABLED', meaning: 'user-mode code must be signed too' },
  {
    bit: 0x0008,
    name: 'CODEINTEGRITY_OPTION_UMCI_AUDITMODE_ENABLED',
    meaning: 'user-mode code that is not signed is logged, not refused',
  },
  {
    bit: 0x0010,
    name: 'CODEINTEGRITY_OPTION_UMCI_EXCLUSIONPATHS_ENABLED',
    meaning: 'some folders are excepted from the rule for user-mode code',
  },
  { bit: 0x0020, name: 'CODEINTEGRITY_OPTION_TEST_BUILD', meaning: 'code integrity is a test build' },
  {
    bit: 0x0040,
    name: 'CODEINTEGRITY_OPTION_PREPRODUCTION_BUILD',
    meaning: 'code integrity is a pre-production build',
  },
  {
    bit: 0x0080,
    name: 'CODEINTEGRITY_OPTION_DEBUGMODE_ENABLED',
    meaning: 'a kernel debugger is attached: unsigned drivers may load',
  },
  { bit: 0x0100, name: 'CODEINTEGRITY_OPTION_FLIGHT_BUILD', meaning: 'code integrity is a flight (Insider) build' },
  { bit: 0x0200, name: 'CODEINTEGRITY_OPTION_FLIGHTING_ENABLED', meaning: 'flight-signed (Insider) code is accepted' },
  { bit: 0x0400, name: 'CODEINTEGRITY_OPTION_HVCI_KMCI_ENABLED', meaning: 'memory integrity is on for the kernel' },
  {
    bit: 0x0800,
    name: 'CODEINTEGRITY_OPTION_HVCI_KMCI_AUDITMODE_ENABLED',
    meaning: 'what memory integrity would refuse is logged (audit mode)',
  },
  {
    bit: 0x1000,
    name: 'CODEINTEGRITY_OPTION_HVCI_KMCI_STRICTMODE_ENABLED',
    meaning: 'memory integrity is in strict mode: a section that is W+X is refused',
  },
  {
    bit: 0x2000,
    name: 'CODEINTEGRITY_OPTION_HVCI_IUM_ENABLED',
    meaning: 'code in isolated user mode must be signed by Microsoft',
  },
  {
    bit: 0x4000,
    name: 'CODEINTEGRITY_OPTION_WHQL_ENFORCEMENT_ENABLED',
    meaning: 'drivers must be signed by the Windows hardware lab (WHQL)',
  },
  {
    bit: 0x8000,
    name: 'CODEINTEGRITY_OPTION_WHQL_AUDITMODE_ENABLED',
    meaning: 'drivers without a WHQL signature are logged',
  },
];

/** The bits that are set, lowest first; those without a published name as `0x10000`. */
export function optionsIn(options: number): CodeIntegrityOption[] {
  const set: CodeIntegrityOption[] = [];
  for (let bit = 1; bit <= 0x80000000; bit *= 2) {
    if ((options & bit) === 0) continue;
    const unknown = { bit, name: `0x${bit.toString(16)}`, meaning: 'without a published name' };
    set.push(OPTIONS.find((option) => option.bit === bit) ?? unknown);
  }
  return set;
}

export interface MemoryIntegrity {
  readonly on: boolean;
  readonly strictMode: boolean;
  /** May be set with memory integrity on or off. */
  readonly auditMode: boolean;
}

export const memoryIntegrityIn = (options: number): MemoryIntegrity => ({
  on: (options & 0x400) !== 0,
  strictMode: (options & 0x1000) !== 0,
  auditMode: (options & 0x800) !== 0,
});

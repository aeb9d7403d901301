/** What a project says of the Windows it targets, as a release that the rules know. */
import { OLDEST_TARGET_OS, TARGET_OS_NAMES, type TargetOs } from '../../fixer/rules/target-os.js';
import { targetOsNamed } from '../configuration/target-os.js';

/** NTDDI_VERSION of sdkddkver.h, oldest first; from CO on Windows 11. A value between two releases counts as the older. */
const NTDDI: readonly (readonly [number, TargetOs])[] = [
  [0x0a000000, '1507'], // NTDDI_WIN10
  [0x0a000001, '1511'], // TH2
  [0x0a000002, '1607'], // RS1
  [0x0a000003, '1703'], // RS2
  [0x0a000004, '1709'], // RS3
  [0x0a000005, '1803'], // RS4
  [0x0a000006, '1809'], // RS5
  [0x0a000007, '1903'], // 19H1
  [0x0a000008, '2004'], // VB
  [0x0a000009, '2004'], // MN, no release of its own
  [0x0a00000a, '2004'], // FE, Windows Server 2022
  [0x0a00000b, '11-21H2'], // CO
  [0x0a00000c, '11-22H2'], // NI
  [0x0a00000d, '11-22H2'], // CU
  [0x0a00000e, '11-22H2'], // ZN
  [0x0a00000f, '11-22H2'], // GA
  [0x0a000010, '11-24H2'], // GE
];

/**
 * `0x0A00`, `0xA000010`, `Windows10`, `10.0.16299.0`, `1703`, `NTDDI_WIN10_RS2`; several, separated by semicolons (a decorated INF
 * names one for each section), and the oldest counts. Null for a text that names no Windows known here.
 */
export function projectTargetOs(text: string): TargetOs | null {
  const found = text
    .split(/[;,\s]+/)
    .filter((part) => part !== '')
    .map(one);
  if (found.length === 0 || found.includes(null)) return null;
  return (found as TargetOs[]).reduce((oldest, each) => (rank(each) < rank(oldest) ? each : oldest));
}

const rank = (release: TargetOs): number => TARGET_OS_NAMES.indexOf(release);

function one(text: string): TargetOs | null {
  const lower = text.toLowerCase();
  // An INF's decoration ends with the build: NTamd64.10.0...16299.
  const known = targetOsNamed(/^nt\w*\.10\.0\.\.\.(\d{5})$/.exec(lower)?.[1] ?? text);
  if (known !== null) return known;
  const number = /^(?:0x)?([0-9a-f]{3,8})l?$/.exec(lower)?.[1];
  if (number !== undefined && (lower.startsWith('0x') || /^0?a0/.test(number)))
    return ofNumber(Number.parseInt(number, 16));
  // TargetVersion of the WDK's projects; UniversalPlatform and the names without a build say no more than "Windows 10".
  if (/^(?:windows|win)?(?:v?6\.[0-3]|xp|vista|7|8|8\.1|2008|2012)(?:_.*)?$/.test(lower)) return OLDEST_TARGET_OS;
  if (/^(?:windows|win)?_?10(?:\.0)?$/.test(lower)) return OLDEST_TARGET_OS;
  if (/^(?:windows|win)_?11$/.test(lower)) return '11-21H2';
  return named(lower);
}

const NAMED: Readonly<Record<string, number>> = {
  th2: 1,
  rs1: 2,
  rs2: 3,
  rs3: 4,
  rs4: 5,
  rs5: 6,
  '19h1': 7,
  vb: 8,
  mn: 9,
  fe: 10,
  co: 11,
  ni: 12,
  cu: 13,
  zn: 14,
  ga: 15,
  ge: 16,
};

/** `NTDDI_WIN10_RS2`, `NTDDI_WIN10`, `NTDDI_WIN7`. */
function named(lower: string): TargetOs | null {
  const name = /^ntddi_win(\w+?)(?:_(\w+))?$/.exec(lower);
  if (name === null) return null;
  if (name[1] !== '10')
    return /^(?:xp|ws03|vista|ws08|[678]|blue|7|thresh).*$/.test(name[1] as string) ? OLDEST_TARGET_OS : null;
  if (name[2] === undefined) return OLDEST_TARGET_OS;
  const step = NAMED[name[2]];
  return step === undefined ? null : ofNumber(0x0a000000 + step);
}

/** `_NT_TARGET_VERSION` and `_WIN32_WINNT` (0x0A00) or NTDDI_VERSION (0x0A000003). */
function ofNumber(value: number): TargetOs | null {
  if (value <= 0xffff) return value >= 0x500 && value <= 0x0a00 ? OLDEST_TARGET_OS : null;
  if (value < 0x05000000) return null;
  const reached = NTDDI.filter(([number]) => number <= value).at(-1);
  return reached?.[1] ?? OLDEST_TARGET_OS;
}

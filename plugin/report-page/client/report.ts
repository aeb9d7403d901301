/** The report's data, and what the views ask of it. */
import type { DriverRecord, LoadVerdict, PageData, RuleRecord, VerifierVerdict } from '../data.js';

export interface Driver extends DriverRecord {
  readonly index: number;
  /** The last part of the path, and what is before it. */
  readonly name: string;
  readonly folder: string;
}

export interface ReportData extends Omit<PageData, 'drivers'> {
  readonly drivers: readonly Driver[];
}

export function readData(): ReportData {
  const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;
  const drivers = data.drivers.map((driver, index): Driver => {
    const { path, nameAt } = driver;
    return { ...driver, index, name: path.slice(nameAt), folder: path.slice(0, nameAt) };
  });
  return { ...data, drivers };
}

/** Rules that have a finding in this driver, each once, by the gravest. */
export function rulesOf({ findings }: DriverRecord): number[] {
  const rules = new Map<number, number>();
  for (const { rule, severity, aside } of findings) {
    if (aside === undefined) rules.set(rule, Math.min(rules.get(rule) ?? 3, severity));
  }
  return [...rules].sort((a, b) => a[1] - b[1] || a[0] - b[0]).map(([rule]) => rule);
}

const haystacks = new Map<number, string>();

/** What a search looks through. */
export function haystack(driver: Driver, { rules, hosts }: ReportData): string {
  const known = haystacks.get(driver.index);
  if (known !== undefined) return known;
  const parts = [driver.path, driver.arch, driver.sha256 ?? '', driver.signed ? 'signed' : 'unsigned'];
  for (const index of rulesOf(driver)) parts.push(rules[index]?.code ?? '', rules[index]?.name ?? '');
  for (const { section, symbol } of driver.findings) parts.push(section ?? '', symbol ?? '');
  for (const [name] of driver.map?.sections ?? []) parts.push(name);
  for (const host of driver.hosts ?? []) parts.push(hosts[host] ?? '');
  const text = [...new Set(parts)].join('\n').toLowerCase();
  haystacks.set(driver.index, text);
  return text;
}

/** `tone` is a class; the words never leave a reader with the colour alone. */
export interface Wording {
  readonly label: string;
  readonly meaning: string;
  readonly tone: 'bad' | 'warn' | 'good' | 'quiet';
}

export const LOAD: Readonly<Record<LoadVerdict, Wording>> = {
  refused: { label: 'Refused', meaning: 'Windows refuses to load it with memory integrity on.', tone: 'bad' },
  crash: { label: 'Crashes', meaning: 'It loads, and stops the system when the offending code runs.', tone: 'bad' },
  anyway: {
    label: 'Refused anyway',
    meaning: 'Windows refuses to load it, on a machine (x86, ARM, IA-64) that has no memory integrity.',
    tone: 'bad',
  },
  strict: { label: 'Strict mode only', meaning: 'Refused where memory integrity runs in strict mode.', tone: 'warn' },
  doubtful: { label: 'May be refused', meaning: 'Drivers like this one have failed to load.', tone: 'warn' },
  undecided: { label: 'Not decided', meaning: 'A structure of the image could not be parsed.', tone: 'warn' },
  unreadable: { label: 'Unreadable', meaning: 'The file could not be read as an image.', tone: 'warn' },
  loads: { label: 'Loads', meaning: 'Nothing was found that memory integrity refuses.', tone: 'good' },
  exempt: {
    label: 'Not concerned',
    meaning: 'No driver, or for machines (x86, ARM, IA-64) that have no memory integrity.',
    tone: 'quiet',
  },
};

export const VERIFIER: Readonly<Record<VerifierVerdict, Wording>> = {
  reports: { label: 'Reports', meaning: 'Driver Verifier or the HLK test reports a violation.', tone: 'warn' },
  unknown: {
    label: 'Not decided',
    meaning: 'Some of what Driver Verifier looks at could not be decided.',
    tone: 'quiet',
  },
  silent: { label: 'Silent', meaning: 'Nothing was found that Driver Verifier reports.', tone: 'good' },
  exempt: {
    label: 'Not concerned',
    meaning: 'No driver, or for machines (x86, ARM, IA-64) that have no memory integrity.',
    tone: 'quiet',
  },
};

export const SEVERITY = ['error', 'warning', 'information'] as const;

export const ruleAt = ({ rules }: ReportData, index: number): RuleRecord =>
  rules[index] ?? { code: '?', name: '', title: '', verifier: null };

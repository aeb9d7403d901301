/** The words for what the contract says in codes: effects, severities, kinds, fixes, parse errors. */
import type { Severity } from '../../fixer/rules/finding.js';
import { quoteArgument } from './escape.js';
import type { ImageReport, Interrupted, ReportedFinding } from './model.js';
import { counted, grouped } from './numbers.js';

/** What Windows does with such a driver, in one sentence. */
export function effectWords(finding: Pick<ReportedFinding, 'code' | 'effect'>): string {
  switch (finding.effect) {
    case 'refused-at-load':
      // The one defect of this effect that has nothing to do with memory integrity (STATUS_IMAGE_CHECKSUM_MISMATCH).
      if (finding.code === 'HVCI4001') return 'Windows refuses to load it, with or without memory integrity.';
      if (finding.code === 'HVCI4002') return 'Drivers with such a section have failed to load.';
      if (finding.code === 'HVCI3001') {
        return 'Windows 10 before version 1703 refuses to load it with memory integrity on.';
      }
      return 'Windows refuses to load it with memory integrity on.';
    case 'refused-in-strict-mode':
      return 'Windows refuses to load it where memory integrity runs in strict mode.';
    case 'reported-by-verifier':
      return 'Driver Verifier and the HLK test report it; Windows loads the driver.';
    case 'crash-at-run-time':
      return 'The system stops with a bug check when this code runs with memory integrity on.';
    case 'hygiene':
      if (finding.code === 'HVCI2003') {
        return 'Windows 10 clears the write flag itself when it loads the driver; Driver Verifier reports it.';
      }
      if (finding.code === 'HVCI4003') return 'The signature is lost; memory integrity adds nothing to that.';
      return 'Windows loads the driver all the same.';
  }
}

export function severityWord(severity: Severity): string {
  return severity === 'info' ? 'information' : severity;
}

/** `stopped by Ctrl-C after 512 of 2,000 images`. */
export function interruptedWords({ signal, done, total }: Interrupted): string {
  const by = signal === 'SIGINT' ? 'Ctrl-C' : signal;
  const images = total === null ? counted(done, 'image') : `${grouped(done)} of ${counted(total, 'image')}`;
  return `stopped by ${by} after ${images}`;
}

/** `HVCI2003 and HVCI2005 are switched off: nothing was looked at for them.` */
export function offWords(codes: readonly string[]): string {
  const last = codes[codes.length - 1];
  if (codes.length === 1) return `${last} is switched off: nothing was looked at for it.`;
  return `${codes.slice(0, -1).join(', ')} and ${last} are switched off: nothing was looked at for them.`;
}

/** `2 errors, 1 warning, 1 fixed`; only what there is, or `no finding`. */
export function severityCounts(findings: readonly ReportedFinding[]): string {
  const left = findings.filter((finding) => finding.outcome !== 'fixed');
  const count = (severity: Severity): number => left.filter((finding) => finding.severity === severity).length;
  const parts: string[] = [];
  if (count('error') > 0) parts.push(counted(count('error'), 'error'));
  if (count('warning') > 0) parts.push(counted(count('warning'), 'warning'));
  if (count('info') > 0) parts.push(counted(count('info'), 'remark'));
  if (left.length < findings.length) parts.push(`${grouped(findings.length - left.length)} fixed`);
  return parts.join(', ') || 'no finding';
}

const KINDS: Record<ImageReport['kind'], string> = {
  driver: 'driver',
  'native-application': 'native application',
  'user-mode': 'user-mode image',
  efi: 'EFI image',
  'not-pe': 'not a PE image',
};

/** `x64 driver`. */
export function kindWords(report: ImageReport): string {
  const kind = KINDS[report.kind];
  return report.machine === 'unknown' || report.kind === 'not-pe' ? kind : `${report.machine} ${kind}`;
}

const SAFE_EDITS: Readonly<Record<string, string>> = {
  HVCI2003: 'clears the write flag of the section',
  HVCI2004: 'raises SectionAlignment to 0x1000',
  HVCI3002: 'sets NX_COMPAT in DllCharacteristics',
  HVCI4001: 'writes the right CheckSum',
};

/** Asked for each finding; forged images have tens of thousands. */
const signatures = new WeakMap<ImageReport, boolean>();

/** A fix of this image needs a word about its signature, or about what is left of one. */
export function holdsSignature(report: ImageReport): boolean {
  let holds = signatures.get(report);
  if (holds === undefined) {
    holds = report.signed || report.findings.some(({ code }) => code === 'HVCI4003');
    signatures.set(report, holds);
  }
  return holds;
}

/** What `hvci-fix fix` would do about a finding, did, or refused; null where it can do nothing. */
export function fixWords(finding: ReportedFinding, report: ImageReport): string | null {
  switch (finding.outcome) {
    case 'fixed':
      return 'done';
    case 'planned':
      return 'planned, see below';
    case 'refused':
      // Below are the plan with the same refusal in full, and what went wrong when it was written.
      if (report.error !== undefined && report.error.message === finding.refusal) return 'not written, see below';
      return hasRefusal(report, finding.refusal)
        ? 'refused, see below'
        : `refused: ${finding.refusal ?? 'no reason given'}`;
    case 'none':
  }
  if (report.archive !== undefined && finding.fix !== 'none')
    return 'unpack the archive first: `hvci-fix fix` does not write to it';
  const path = quoteArgument(report.path) ?? 'PATH';
  if (finding.fix === 'safe') {
    const edit = SAFE_EDITS[finding.code] ?? 'changes the header';
    const signed = holdsSignature(report)
      ? `; the image has a signature, so --strip-signature or --sign-with is needed`
      : '';
    return `safe: \`hvci-fix fix ${path}\` ${edit}${signed}`;
  }
  if (finding.fix === 'opt-in') {
    const section = (finding.section === null ? null : quoteArgument(finding.section)) ?? 'NAME';
    return `only on your word: \`hvci-fix fix --strip-write ${section} ${path}\`, or --strip-execute ${section}`;
  }
  return null;
}

/** Messages of a plan's refusals: each finding asks, and forged images have as many refusals as findings. */
const refusalsOf = new WeakMap<object, ReadonlySet<string>>();

function hasRefusal({ plan }: ImageReport, message: string | null): boolean {
  if (plan === undefined || message === null) return false;
  let messages = refusalsOf.get(plan);
  if (messages === undefined) {
    messages = new Set(plan.refusals.map((refusal) => refusal.message));
    refusalsOf.set(plan, messages);
  }
  return messages.has(message);
}

const PARSE_REMEDIES: Readonly<Record<string, string>> = {
  'not-pe': 'This is no PE image. Name the linked .sys, not an object file, a library or a text.',
  truncated: 'The file ends too early. Copy or link it again.',
  'out-of-range': 'A field points outside the file. Link it again; packed or edited images cannot be checked.',
  malformed: 'The headers contradict each other. Link it again; packed or edited images cannot be checked.',
  unsupported: 'This form of image is not known to hvci-fix. Please report it with the linker that made it.',
};

/** What to do about a file that is no image we can parse; '' for a failure of the disk, whose message says it itself. */
export function errorRemedy(code: string): string {
  return PARSE_REMEDIES[code] ?? '';
}

/** Of the notes on an image those on a PDB or map beside it that says nothing of it. */
export const unusedSymbols = (notes: readonly string[]): string[] =>
  notes.filter((note) => note.includes(' is not used: '));

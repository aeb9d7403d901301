/** NTSTATUS values that the two questions can bring (ntstatus.h), with what to do. */
const KNOWN: Readonly<Record<number, string>> = {
  3221225474: 'STATUS_NOT_IMPLEMENTED. This Windows is too old, or no Windows.',
  3221225475: 'STATUS_INVALID_INFO_CLASS. This Windows is too old: memory integrity came with Windows 10.',
  3221225476: 'STATUS_INFO_LENGTH_MISMATCH. Its answer has another layout than documented; please report this.',
  3221225495: 'STATUS_NO_MEMORY. Close other programs and run again.',
  3221225506: 'STATUS_ACCESS_DENIED. Run from an elevated prompt ("Run as administrator"), outside of any sandbox.',
  3221225626: 'STATUS_INSUFFICIENT_RESOURCES. Close other programs and run again.',
};

export const statusWords = (status: number): string => {
  const hex = `0x${status.toString(16).toUpperCase().padStart(8, '0')}`;
  return `${hex} ${KNOWN[status] ?? 'is an unusual answer. Run from an elevated prompt; please report it if it stays.'}`;
};

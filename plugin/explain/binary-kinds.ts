/** Files that people name for a log and that are none: what they are, and how to make a text of them. */

export interface BinaryKind {
  /** Completes "is": `an event log (.evtx)`. */
  readonly what: string;
  /** A sentence. Holds `FILE` where the path belongs. */
  readonly remedy: string;
}

const KINDS: readonly (BinaryKind & { readonly magic: string })[] = [
  {
    magic: 'ElfFile\0',
    what: 'an event log (.evtx)',
    remedy: 'Make it a text first, on Windows: wevtutil qe FILE /lf:true /f:xml > events.xml.',
  },
  ...['PAGEDU64', 'PAGEDUMP', 'MDMP'].map((magic) => ({
    magic,
    what: 'a crash dump',
    remedy: 'Open it in WinDbg, type .logopen log.txt, !analyze -v, lm and .logclose, and name log.txt.',
  })),
  {
    magic: 'MZ',
    what: 'a program or driver',
    remedy: 'hvci-fix check FILE checks it; with a log, name it as --image FILE.',
  },
  { magic: 'PK\x03\x04', what: 'a zip archive', remedy: 'Unpack it and name the log in it.' },
  { magic: '\x1f\x8b', what: 'a gzip archive', remedy: 'Unpack it and name the log in it.' },
];

/** @param start the first bytes of the file */
export function binaryKind(start: Uint8Array): BinaryKind | null {
  const text = String.fromCharCode(...start.subarray(0, 8));
  return KINDS.find(({ magic }) => text.startsWith(magic)) ?? null;
}

/** pefile as an oracle: see pefile-oracle.py, beside this file. */
import { join } from 'node:path';
import { execa } from 'execa';
import { repositoryRoot } from './paths.js';

export interface PefileSection {
  readonly name: string;
  readonly rva: number;
  readonly virtualSize: number;
  readonly offset: number;
  readonly size: number;
  readonly characteristics: number;
}

export interface PefileReport {
  readonly path: string;
  readonly sections: readonly PefileSection[];
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly entrySection: string | null;
  /** Data directory 12. */
  readonly iat: { readonly rva: number; readonly size: number };
  readonly iatSection: string | null;
  readonly importedModules: readonly string[];
  /** Entries, ABSOLUTE padding left out. */
  readonly relocations: number;
  /** Rvas of the entries whose bytes lie on two pages. */
  readonly straddling: readonly number[];
  readonly checkSum: number;
  readonly computedCheckSum: number;
  readonly nxCompat: boolean;
  /** File offset of the first byte that no header and no section covers, or null. */
  readonly overlayOffset: number | null;
  /** Data directory 4, whose first field is a file offset; type 2 is WIN_CERT_TYPE_PKCS_SIGNED_DATA. */
  readonly certificate: { readonly offset: number; readonly size: number; readonly type: number | null };
}

/** Reports on all the files by one run of Python, in the order of `paths`. Throws when pefile cannot read one. */
export async function pefile(paths: readonly string[]): Promise<PefileReport[]> {
  const script = join(repositoryRoot, 'tests/support/toolchain/pefile-oracle.py');
  // Debian's pefile belongs to this Python, not to whichever comes first in PATH.
  const { stdout } = await execa('/usr/bin/python3', [script, ...paths], { maxBuffer: 1 << 28 });
  return stdout.split('\n').map((line) => JSON.parse(line) as PefileReport);
}

/** Did the user's tool sign the image that was fixed, and change nothing else? */
import { checkSumMatches } from '../../fixer/pe/checksum.js';
import { dataDirectoryOffset } from '../../fixer/pe/data-directories.js';
import { OPTIONAL_HEADER_FIELDS } from '../../fixer/pe/headers.js';
import { parseImage } from '../../fixer/pe/image.js';
import { IMAGE_DIRECTORY_ENTRY_SECURITY } from '../../fixer/pe/winnt.js';

/** Null when `signed` is `fixed` with a certificate table and a right CheckSum, else what is not so, as a clause. */
export function signedProblem(fixed: Uint8Array, signed: Uint8Array): string | null {
  const image = parseImage(signed);
  if (!image.ok) return `the signed file is no valid image (${image.error.message})`;
  const { certificateTable, optionalHeader, computedCheckSum } = image.value;
  if (!certificateTable.ok || certificateTable.value === null) return 'the file carries no readable signature';
  if (!checkSumMatches(optionalHeader.checkSum, computedCheckSum, signed.length))
    return 'the CheckSum of the signed file is wrong';
  const checkSum = optionalHeader.offset + OPTIONAL_HEADER_FIELDS.checkSum;
  const entry = dataDirectoryOffset(optionalHeader, IMAGE_DIRECTORY_ENTRY_SECURITY);
  const mayDiffer = (at: number): boolean => (at >= checkSum && at < checkSum + 4) || (at >= entry && at < entry + 8);
  for (let at = 0; at < fixed.length; at++) {
    if (fixed[at] !== signed[at] && !mayDiffer(at))
      return `the byte at offset ${at} changed, which signing does not do`;
  }
  return null;
}

/** One line for the build's log: what the fix changed in an image. */
import { escapeForMsbuildOrigin, escapeForMsbuildText } from '../report/escape.js';
import type { EditReport, ImageReport } from '../report/model.js';

/** `x.sys: hvci-fix cleared MEM_WRITE of INIT, wrote CheckSum`, or '' where nothing was written. */
export function changeLine({ path, plan }: ImageReport): string {
  if (plan?.outcome !== 'fixed') return '';
  // CheckSum is written last, wherever it stands in the header.
  const edits = [...plan.edits].sort((a, b) => Number(isCheckSum(a)) - Number(isCheckSum(b)));
  const words = [...new Set(edits.map(editWords).filter((text) => text !== ''))];
  return `${escapeForMsbuildOrigin(path)}: hvci-fix ${escapeForMsbuildText(words.join(', '))}\n`;
}

const isCheckSum = ({ field }: EditReport): boolean => field === 'optionalHeader.checkSum';

function editWords({ field, section, description }: EditReport): string {
  switch (field) {
    case 'optionalHeader.checkSum':
      return 'wrote CheckSum';
    case 'optionalHeader.dllCharacteristics':
      return 'set NX_COMPAT';
    case 'optionalHeader.sectionAlignment':
      return 'raised SectionAlignment to 0x1000';
    // They follow from the alignment.
    case 'optionalHeader.fileAlignment':
    case 'optionalHeader.sizeOfImage':
    case 'optionalHeader.sizeOfHeaders':
      return '';
    case 'dataDirectories[4]':
      return 'removed the signature';
  }
  const access = /IMAGE_SCN_(MEM_\w+)/.exec(description)?.[1];
  return access === undefined ? description : `cleared ${access} of ${section ?? field}`;
}

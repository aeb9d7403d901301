import { checkSumMatches } from '../pe/checksum.js';
import { OPTIONAL_HEADER_FIELDS } from '../pe/headers.js';
import { hex } from '../pe/hex.js';
import type { Rule } from './rule.js';

export const checksumMismatch: Rule = {
  meta: {
    code: 'HVCI4001',
    name: 'checksum-mismatch',
    title: 'CheckSum in the header does not match the file',
    severity: 'error',
    effect: 'refused-at-load',
    fix: 'safe',
    verifierCode: null,
  },
  check(context) {
    const { optionalHeader, computedCheckSum: computed, bytes } = context.image;
    const stored = optionalHeader.checkSum;
    if (checkSumMatches(stored, computed, bytes.length)) return;
    const isUnset = stored === 0;
    context.report({
      severity: isUnset ? 'warning' : 'error',
      field: 'optionalHeader.checkSum',
      offset: optionalHeader.offset + OPTIONAL_HEADER_FIELDS.checkSum,
      length: 4,
      data: { stored, computed },
      message: isUnset
        ? `CheckSum is 0; it should be ${hex(computed)}. Kernel-mode drivers are required to have one.`
        : `CheckSum is ${hex(stored)}, the file sums to ${hex(computed)}: something changed the file after the link, or cut it off. Windows refuses to load a driver whose checksum is wrong (0xc0000221).`,
      hint: '`fix` writes the right value. At the source: link with /RELEASE, and let nothing edit the file afterwards without updating CheckSum.',
    });
  },
};

/** The rules that read the image alone, in the order in which they run and report. */
import { certificateTableBroken } from './certificate-table-broken.js';
import { checksumMismatch } from './checksum-mismatch.js';
import { executeWriteSection } from './execute-write-section.js';
import { iatInExecutableSection } from './iat-in-executable-section.js';
import { nxCompatMissing } from './nx-compat-missing.js';
import type { Rule } from './rule.js';
import { sectionAlignment } from './section-alignment.js';
import { sectionWithoutAccess } from './section-without-access.js';
import { unsupportedRelocs } from './unsupported-relocs.js';

export const imageRules: readonly Rule[] = [
  executeWriteSection,
  sectionAlignment,
  iatInExecutableSection,
  unsupportedRelocs,
  nxCompatMissing,
  checksumMismatch,
  sectionWithoutAccess,
  certificateTableBroken,
];

/** All rules, in the order in which they run and report. A rule that is not listed here does not exist. */
import { certificateTableBroken } from './certificate-table-broken.js';
import { checksumMismatch } from './checksum-mismatch.js';
import { executableSectionObject } from './executable-section-object.js';
import { executePageMapping } from './execute-page-mapping.js';
import { executePageProtection } from './execute-page-protection.js';
import { executePoolType } from './execute-pool-type.js';
import { executeWriteSection } from './execute-write-section.js';
import { iatInExecutableSection } from './iat-in-executable-section.js';
import { impactedDdi } from './impacted-ddi.js';
import { nxCompatMissing } from './nx-compat-missing.js';
import { nxPoolOptInMissing } from './nx-pool-opt-in-missing.js';
import type { Rule } from './rule.js';
import { sectionAlignment } from './section-alignment.js';
import { sectionWithoutAccess } from './section-without-access.js';
import { unsupportedRelocs } from './unsupported-relocs.js';
import { writesExecutableMemory } from './writes-executable-memory.js';

export const rules: readonly Rule[] = [
  executeWriteSection,
  sectionAlignment,
  iatInExecutableSection,
  unsupportedRelocs,
  nxCompatMissing,
  checksumMismatch,
  sectionWithoutAccess,
  certificateTableBroken,
  executePoolType,
  executePageProtection,
  executePageMapping,
  nxPoolOptInMissing,
  writesExecutableMemory,
  executableSectionObject,
  impactedDdi,
];

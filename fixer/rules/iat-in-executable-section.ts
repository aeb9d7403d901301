import { dataDirectoryOffset } from '../pe/data-directories.js';
import { hex } from '../pe/hex.js';
import { sectionsOfTable } from '../pe/import-address-table.js';
import { isExecutable } from '../pe/sections.js';
import { IMAGE_DIRECTORY_ENTRY_IAT, IMAGE_DIRECTORY_ENTRY_IMPORT } from '../pe/winnt.js';
import type { Rule, RuleContext } from './rule.js';
import { firstThunkSections } from './written-by-loader.js';

export const iatInExecutableSection: Rule = {
  meta: {
    code: 'HVCI2005',
    name: 'iat-in-executable-section',
    title: 'The import address table lies in an executable section',
    severity: 'error',
    effect: 'refused-at-load',
    fix: 'none',
    verifierCode: 0x2005,
  },
  check(context) {
    const { image } = context;
    const table = image.importAddressTable;
    if (!table.ok) return context.undetermined(table.error.message);
    if (table.value === null) return context.notApplicable('no-imports');
    const { source } = table.value;
    const parts = sectionsOfTable(table.value);
    const first = table.value.ranges[0];
    if (parts.length === 0 && first !== undefined && image.addressSpace.offsetOf(first.rva) === null) {
      return context.undetermined(
        `the import address table (${source}) should lie at rva ${hex(first.rva)}, outside the image`,
      );
    }
    const index = source === 'dataDirectories[12]' ? IMAGE_DIRECTORY_ENTRY_IAT : IMAGE_DIRECTORY_ENTRY_IMPORT;
    for (const { section, rva, length } of parts) {
      if (!isExecutable(section)) continue;
      context.report({
        section: section.name,
        field: `dataDirectories[${index}]`,
        offset: dataDirectoryOffset(image.optionalHeader, index),
        length: 8,
        rva,
        data: { source, tableRva: rva, tableSize: length, spansSections: parts.length > 1 },
        message: `The import address table (${hex(length)} bytes at rva ${hex(rva)}, from ${source === 'importDescriptors' ? 'the FirstThunk arrays, as data directory 12 is empty' : 'data directory 12'}) lies in executable section ${section.name}. The loader has to write it, and memory integrity never lets an executable page be written: Windows refuses to load the driver.`,
        hint: `Relink: ${remedyFor(section.name)}`,
      });
    }
    if (source === 'dataDirectories[12]' && !parts.some(({ section }) => isExecutable(section))) lookBesides(context);
  },
};

/** Windows looks at data directory 12; whether what the loader writes elsewhere is let through is nowhere said. */
function lookBesides(context: RuleContext): void {
  for (const [section, { library, firstThunk }] of firstThunkSections(context.image))
    if (isExecutable(section))
      return context.undetermined(
        `the loader writes the addresses of ${library} at rva ${hex(firstThunk)}, into executable section ${section.name}; data directory 12, which Windows looks at, leaves them out`,
      );
}

/** What put the table there, as far as the section's name tells. */
function remedyFor(section: string): string {
  if (section === '.text') return 'drop /MERGE:.rdata=.text (MergeSections in the project), and /MERGE:.idata=.text.';
  return `drop the /MERGE that puts .rdata or .idata into ${section}, so that the table stays in .rdata.`;
}

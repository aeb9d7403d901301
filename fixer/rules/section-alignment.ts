import { OPTIONAL_HEADER_FIELDS } from '../pe/headers.js';
import { hex } from '../pe/hex.js';
import { PAGE_SIZE } from '../pe/winnt.js';
import { isAlignmentSound, isPageAligned, raiseSectionAlignment } from './alignment-conditions.js';
import type { Rule, RuleContext } from './rule.js';
import { nameInWords } from './section-argument.js';

const RELINK =
  'Relink without /ALIGN (the default is right) or with /ALIGN:0x1000; in a WDK project DRIVER_ALIGNMENT=0x1000.';

export const sectionAlignment: Rule = {
  meta: {
    code: 'HVCI2004',
    name: 'section-alignment',
    title: 'A section is not aligned to a page',
    severity: 'error',
    effect: 'refused-at-load',
    fix: 'safe',
    verifierCode: 0x2004,
  },
  check(context) {
    const { image } = context;
    // Of an image without sections the field alone says how it is mapped.
    if (image.sections.length === 0 && isAlignmentSound(image)) return context.notApplicable('no-sections');
    checkField(context);
    for (const section of image.sections) {
      if (isPageAligned(section.virtualAddress)) continue;
      context.report({
        section: section.name,
        field: `sections[${section.index}].virtualAddress`,
        offset: section.headerOffset + 12,
        length: 4,
        rva: section.virtualAddress,
        data: { virtualAddress: section.virtualAddress },
        message: `Section ${nameInWords(section.name)} begins at rva ${hex(section.virtualAddress)}, ${hex(section.virtualAddress % PAGE_SIZE)} bytes into a page. Memory integrity protects whole pages, so two sections would have to share one; Windows refuses to load the driver.`,
        hint: RELINK,
        fix: 'none',
      });
    }
    checkUnits(context);
  },
};

/** PE specification, section table: the addresses of sections are multiples of SectionAlignment. Nothing is passed of others. */
function checkUnits(context: RuleContext): void {
  const { image } = context;
  if (!isAlignmentSound(image)) return;
  const { sectionAlignment: unit } = image.optionalHeader;
  for (const { name, virtualAddress } of image.sections) {
    if (virtualAddress % unit === 0) continue;
    return context.undetermined(
      `section ${nameInWords(name)} begins at rva ${hex(virtualAddress)}, no multiple of SectionAlignment ${hex(unit)}: the headers contradict each other, and the PE specification allows no such image`,
    );
  }
}

function checkField(context: RuleContext): void {
  const { sectionAlignment: alignment, offset } = context.image.optionalHeader;
  if (alignment !== 0 && isPageAligned(alignment)) return;
  const verdict = raiseSectionAlignment(context.image);
  context.report({
    field: 'optionalHeader.sectionAlignment',
    offset: offset + OPTIONAL_HEADER_FIELDS.sectionAlignment,
    length: 4,
    data: { sectionAlignment: alignment },
    message: `SectionAlignment is ${hex(alignment)}, not a multiple of the page size 0x1000${alignment < PAGE_SIZE ? '. Such an image is mapped as one piece, all of it writable and executable' : ', so sections cannot each begin on a page'}; with memory integrity Windows refuses to load the driver.`,
    hint: verdict.possible
      ? `Every section already begins on a page: \`fix\` raises SectionAlignment to 0x1000. At the source: ${RELINK}`
      : `${RELINK} The header alone cannot be changed: ${verdict.reason}.`,
    fix: verdict.possible ? 'safe' : 'none',
  });
}

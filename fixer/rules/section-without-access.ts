import { hex } from '../pe/hex.js';
import { characteristicsOffset, isExecutable, isReadable, isWritable } from '../pe/sections.js';
import type { Rule } from './rule.js';
import { nameInWords, sectionArgument } from './section-argument.js';

export const sectionWithoutAccess: Rule = {
  meta: {
    code: 'HVCI4002',
    name: 'section-without-access',
    title: 'A section can be neither read, written nor executed',
    severity: 'warning',
    effect: 'refused-at-load',
    fix: 'none',
    verifierCode: null,
  },
  check(context) {
    const { sections } = context.image;
    if (sections.length === 0) return context.notApplicable('no-sections');
    for (const section of sections) {
      if (isReadable(section) || isWritable(section) || isExecutable(section)) continue;
      context.report({
        section: section.name,
        field: `sections[${section.index}].characteristics`,
        offset: characteristicsOffset(section),
        length: 4,
        rva: section.virtualAddress,
        data: { characteristics: section.characteristics },
        message: `Section ${nameInWords(section.name)} is neither readable, writable nor executable (${hex(section.characteristics)}). Drivers with such a section (.retplne of rust-lld) have failed to load.`,
        hint: `Give it read access, /SECTION:${sectionArgument(section.name)},R, or merge it into one that has, /MERGE:${sectionArgument(section.name)}=.rdata.`,
      });
    }
  },
};

/** Raises SectionAlignment to a page, with the fields that must follow. No data moves. */

import { OPTIONAL_HEADER_FIELDS } from '../pe/headers.js';
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { isPageAligned, raiseSectionAlignment } from '../rules/alignment-conditions.js';
import type { EditRequest } from './edit.js';
import type { Refusal } from './refusal.js';

const CAUSE = 'HVCI2004';

export function raiseAlignment(image: Image): {
  readonly requests: readonly EditRequest[];
  readonly refusals: readonly Refusal[];
} {
  const { sectionAlignment, offset } = image.optionalHeader;
  if (image.sections.length === 0 || (sectionAlignment !== 0 && isPageAligned(sectionAlignment)))
    return { requests: [], refusals: [] };
  const verdict = raiseSectionAlignment(image);
  if (!verdict.possible) {
    const message = `SectionAlignment cannot be raised in the header: ${verdict.reason}. Relink with /ALIGN:0x1000 (DRIVER_ALIGNMENT=0x1000).`;
    return { requests: [], refusals: [{ code: 'relink-required', cause: CAUSE, section: null, message }] };
  }
  const fields = ['sectionAlignment', 'fileAlignment', 'sizeOfImage', 'sizeOfHeaders'] as const;
  const requests = fields.map((field): EditRequest => {
    const value = verdict.raised[field];
    const description = `set ${field[0]?.toUpperCase()}${field.slice(1)} to ${hex(value)}`;
    return {
      offset: offset + OPTIONAL_HEADER_FIELDS[field],
      length: 4,
      value,
      field: `optionalHeader.${field}`,
      section: null,
      cause: CAUSE,
      description,
    };
  });
  return { requests, refusals: [] };
}

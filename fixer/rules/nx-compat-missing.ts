import { OPTIONAL_HEADER_FIELDS } from '../pe/headers.js';
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { isExecuteWrite } from '../pe/sections.js';
import { IMAGE_DLLCHARACTERISTICS_NX_COMPAT } from '../pe/winnt.js';
import { isAlignmentSound, raiseSectionAlignment } from './alignment-conditions.js';
import { initStripObstacle, isInit } from './execute-write-section.js';
import type { Rule } from './rule.js';

export const nxCompatMissing: Rule = {
  meta: {
    code: 'HVCI3002',
    name: 'nx-compat-missing',
    title: 'The image does not declare NX compatibility',
    severity: 'info',
    effect: 'hygiene',
    fix: 'safe',
    verifierCode: null,
  },
  check(context) {
    const { image } = context;
    const { dllCharacteristics, offset } = image.optionalHeader;
    if ((dllCharacteristics & IMAGE_DLLCHARACTERISTICS_NX_COMPAT) !== 0) return;
    const obstacle = nxObstacle(image);
    context.report({
      field: 'optionalHeader.dllCharacteristics',
      offset: offset + OPTIONAL_HEADER_FIELDS.dllCharacteristics,
      length: 2,
      data: { dllCharacteristics },
      message: `DllCharacteristics ${hex(dllCharacteristics)} lacks NX_COMPAT (0x100). The kernel does not insist on it, but signing pipelines and reviewers ask for it.`,
      hint:
        obstacle === null
          ? '`fix` sets it. At the source: drop /NXCOMPAT:NO (link with /NXCOMPAT).'
          : `Link with /NXCOMPAT. \`fix\` does not set it while ${obstacle}.`,
      fix: obstacle === null ? 'safe' : 'none',
    });
  },
};

/** What speaks against claiming NX once the safe fixes are done; null for nothing. */
function nxObstacle(image: Image): string | null {
  const kept = image.sections.find(
    (section) => isExecuteWrite(section) && !(isInit(section) && initStripObstacle(image, section) === null),
  );
  if (kept !== undefined) return `section ${kept.name} is writable and executable`;
  return isAlignmentSound(image) || raiseSectionAlignment(image).possible ? null : 'the sections are not page aligned';
}

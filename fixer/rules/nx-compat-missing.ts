import { OPTIONAL_HEADER_FIELDS } from '../pe/headers.js';
import { hex } from '../pe/hex.js';
import { isExecuteWrite, isInit, type Section } from '../pe/sections.js';
import { IMAGE_DLLCHARACTERISTICS_NX_COMPAT } from '../pe/winnt.js';
import { isAlignmentSound, raiseSectionAlignment } from './alignment-conditions.js';
import { keepsWrite } from './execute-write-section.js';
import type { Rule, RuleContext } from './rule.js';

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
    const obstacle = nxObstacle(context);
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

/** What speaks against claiming NX once the safe fixes are done; null for nothing. A plan comes to the same answer. */
function nxObstacle(context: RuleContext): string | null {
  const { image } = context;
  const kept = image.sections.find((section) => isExecuteWrite(section) && !isStripped(context, section));
  if (kept !== undefined) return `section ${kept.name} is writable and executable`;
  const raised = !context.isAccepted('HVCI2004', 'optionalHeader.sectionAlignment');
  return isAlignmentSound(image) || (raised && raiseSectionAlignment(image).possible)
    ? null
    : 'the sections are not page aligned';
}

/** `fix` takes W from it: an INIT that may lose it, and that the user has not accepted as it is. */
const isStripped = (context: RuleContext, section: Section): boolean =>
  isInit(section) &&
  !keepsWrite(context, section) &&
  !context.isAccepted('HVCI2003', `sections[${section.index}].characteristics`);

import type { StoreFact } from '../code/facts.js';
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { Recent } from '../pe/recent.js';
import { characteristicsOffset, isExecuteWrite, isInit, type Section } from '../pe/sections.js';
import type { Finding } from './finding.js';
import type { Rule, RuleContext } from './rule.js';
import { nameInWords, sectionArgument } from './section-argument.js';
import { initStripObstacle, type StripObstacle } from './written-by-loader.js';

/** True where `fix` leaves W to this INIT: for an obstacle in the headers, or a store that the code is seen to make. */
export const keepsWrite = (context: RuleContext, section: Section): boolean =>
  initStripObstacle(context.image, section) !== null || storeInto(context, section) !== null;

/** The first direct store into an INIT, as far as the code was read. */
function storeInto({ code, image }: RuleContext, section: Section): StoreFact | null {
  if (code.kind !== 'facts' || code.facts.selfStores.length === 0) return null;
  const { selfStores } = code.facts;
  return firstStoresByImage.of(image, () => firstStores(image, selfStores)).get(section) ?? null;
}

const firstStoresByImage = new Recent<ReadonlyMap<Section, StoreFact>>();

function firstStores(image: Image, stores: readonly StoreFact[]): ReadonlyMap<Section, StoreFact> {
  const found = new Map<Section, StoreFact>();
  for (const store of stores) {
    const section = image.addressSpace.sectionAt(store.target);
    if (section !== null && !found.has(section)) found.set(section, store);
  }
  return found;
}

export const executeWriteSection: Rule = {
  meta: {
    code: 'HVCI2003',
    name: 'execute-write-section',
    title: 'A section is both writable and executable',
    severity: 'error',
    effect: 'refused-in-strict-mode',
    fix: 'safe',
    verifierCode: 0x2003,
  },
  check(context) {
    const { image } = context;
    if (image.sections.length === 0) return context.notApplicable('no-sections');
    for (const section of image.sections) {
      if (isExecuteWrite(section)) reportSection(context, section);
    }
  },
};

function reportSection(context: RuleContext, section: Section): void {
  const { severity, effect, message, hint, fix } = isInit(section) ? aboutInit(context, section) : aboutOther(section);
  // Member by member: what is spread gets a shape of its own, and folders have thousands of these.
  context.report({
    section: section.name,
    field: `sections[${section.index}].characteristics`,
    offset: characteristicsOffset(section),
    length: 4,
    rva: section.virtualAddress,
    data: { characteristics: section.characteristics, virtualSize: section.virtualSize },
    severity,
    effect,
    message,
    hint,
    fix,
  });
}

const NO_NAME =
  'Separate code and data. No option of the linker or of `fix` can name a section without a name: give it one where it is made (#pragma code_seg or section, .section of an assembler), or link without the tool that adds it.';

type Judgement = Pick<Finding, 'severity' | 'effect' | 'message' | 'hint' | 'fix'>;

function aboutOther({ name, characteristics }: Section): Judgement {
  return {
    severity: executeWriteSection.meta.severity,
    effect: executeWriteSection.meta.effect,
    message: `Section ${nameInWords(name)} is writable and executable (${hex(characteristics)}). Memory integrity never allows a page to be both; in strict mode Windows refuses to load the driver.`,
    hint:
      name === ''
        ? NO_NAME
        : `Separate code and data: remove /SECTION:${sectionArgument(name)},...W...E and any /MERGE of data into code, or GNU ld's --omagic.${word(sectionArgument(name))}`,
    fix: name === '' ? 'none' : 'opt-in',
  };
}

function aboutInit(context: RuleContext, section: Section): Judgement {
  const obstacle = initStripObstacle(context.image, section);
  const store = storeInto(context, section);
  return {
    severity: 'warning',
    effect: 'hygiene',
    message: `Section INIT is writable and executable (${hex(section.characteristics)}), as linkers up to VS2013 made it. Windows 10 takes the write access away at load, so this alone does not keep the driver from loading, but Driver Verifier reports 0x2003.`,
    hint: initHint(obstacle, store),
    fix: obstacle === null && store === null ? 'safe' : 'none',
  };
}

function initHint(obstacle: StripObstacle | null, store: StoreFact | null): string {
  if (obstacle !== null)
    return `No header edit helps: ${obstacle.why}. Relink with /SECTION:INIT,ERD and without /MERGE of ${obstacle.merged} into INIT.`;
  if (store !== null)
    return `No header edit helps: the code at rva ${hex(store.rva)} stores into INIT, at rva ${hex(store.target)}. Move what it writes into a data section, and link with /SECTION:INIT,ERD.`;
  return '`fix` clears MEM_WRITE in the header. At the source: link with a current toolset, or /SECTION:INIT,ERD.';
}

/** What the user may say. */
function word(argument: string): string {
  return ` If nothing writes to it, \`fix --strip-write ${argument}\`; if nothing in it runs, \`fix --strip-execute ${argument}\`.`;
}

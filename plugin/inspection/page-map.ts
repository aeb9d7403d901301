/** What a page map is drawn from, taken from an image while it is at hand: results of other machines have no image. */
import { type Plan, planFixes } from '../../fixer/fix/plan.js';
import { scanRelocations } from '../../fixer/pe/base-relocations.js';
import type { Image } from '../../fixer/pe/image.js';
import { sizeInMemory } from '../../fixer/pe/sections.js';
import type { CheckResult } from '../../fixer/rules/check.js';
import type { ImageReport, PageMap } from '../report/model.js';
import type { Settings } from '../session/settings.js';

/** Windows loads no image with more sections than 96; a forged header may claim 65,535. */
const MOST_SECTIONS = 256;
/** Ranges of an import address table that no directory names: one a library. */
const MOST_RANGES = 64;
const MOST_EDITS = 64;

export function pageMapOf(image: Image, result: CheckResult, report: ImageReport, settings: Settings): PageMap {
  const { sectionAlignment, sizeOfHeaders, sizeOfImage } = image.optionalHeader;
  const plan = planOf(image, result, report, settings);
  const table = image.importAddressTable;
  const refusals = plan.blocked === null ? plan.refusals : [plan.blocked, ...plan.refusals];
  return {
    sectionAlignment,
    sizeOfHeaders,
    sizeOfImage,
    sections: image.sections.slice(0, MOST_SECTIONS).map((section) => ({
      name: section.name,
      rva: section.virtualAddress,
      size: sizeInMemory(section),
      characteristics: section.characteristics,
    })),
    ...(image.sections.length > MOST_SECTIONS && { moreSections: image.sections.length - MOST_SECTIONS }),
    iat: table.ok ? (table.value?.ranges ?? []).slice(0, MOST_RANGES).map(({ rva, length }) => ({ rva, length })) : [],
    straddles: straddlesOf(image),
    edits: plan.edits.slice(0, MOST_EDITS).map(({ causes, ...edit }) => ({ ...edit, cause: causes.join(', ') })),
    refusals: refusals.slice(0, MOST_EDITS).map(({ code, section, message }) => ({ code, section, message })),
  };
}

/** What the configuration accepts is not fixed either, as in `fix`. */
function planOf(image: Image, result: CheckResult, report: ImageReport, settings: Settings): Plan {
  const findings = result.findings.filter((_, index) => report.findings[index]?.suppressed === undefined);
  const { stripWrite, stripExecute } = settings;
  return planFixes(image, { ...result, findings }, { stripWrite, stripExecute });
}

function straddlesOf(image: Image): number[] {
  const relocations = image.baseRelocations;
  if (!relocations.ok || relocations.value === null) return [];
  return scanRelocations(relocations.value, image.machine).straddles.map(({ rva }) => rva);
}

/** Takes W from INIT, and W or X from the sections that the user named. */
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import {
  characteristicsOffset,
  isExecutable,
  isExecuteWrite,
  isInit,
  isWritable,
  type Section,
} from '../pe/sections.js';
import { IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_WRITE } from '../pe/winnt.js';
import { initStripObstacle } from '../rules/written-by-loader.js';
import type { EditRequest } from './edit.js';
import type { Refusal } from './refusal.js';

const CAUSE = 'HVCI2003';

export interface StripWishes {
  readonly stripWrite: readonly string[];
  readonly stripExecute: readonly string[];
}

export interface StripResult {
  readonly requests: readonly EditRequest[];
  readonly refusals: readonly Refusal[];
}

/** `accused`: fields of the findings; an INIT that the user has accepted as it is stays as it is. */
export function stripAccess(image: Image, wishes: StripWishes, accused: ReadonlySet<string>): StripResult {
  const requests: EditRequest[] = [];
  const refusals: Refusal[] = [];
  for (const name of [...wishes.stripWrite, ...wishes.stripExecute]) {
    if (!image.sections.some((section) => section.name === name)) {
      refusals.push({
        code: 'section-not-found',
        cause: null,
        section: name,
        message: `There is no section ${name} in this image; its sections are ${sectionNames(image)}.`,
      });
    }
  }
  const functions = wishes.stripExecute.length > 0 ? firstFunctions(image) : new Map<Section, number>();
  for (const section of image.sections) {
    const dropExecute = wishes.stripExecute.includes(section.name);
    const isAccused = accused.has(`sections[${section.index}].characteristics`);
    const dropWrite = wishes.stripWrite.includes(section.name) || (isInit(section) && isAccused && !dropExecute);
    if (!isExecuteWrite(section)) {
      refusals.push(...notExecuteWrite(section, wishes));
      continue;
    }
    if (!dropWrite && !dropExecute) continue;
    const refusal = dropExecute ? executeObstacle(image, section, functions) : writeObstacle(image, section);
    if (refusal === null) requests.push(request(section, dropExecute));
    else refusals.push({ ...refusal, cause: CAUSE, section: section.name });
  }
  return { requests, refusals };
}

function request(section: Section, dropExecute: boolean): EditRequest {
  return {
    offset: characteristicsOffset(section),
    length: 4,
    clear: dropExecute ? IMAGE_SCN_MEM_EXECUTE : IMAGE_SCN_MEM_WRITE,
    field: `sections[${section.index}].characteristics`,
    section: section.name,
    cause: CAUSE,
    description: dropExecute ? 'clear IMAGE_SCN_MEM_EXECUTE' : 'clear IMAGE_SCN_MEM_WRITE',
  };
}

/** A word about a section that has no such access is a typo or an old script, unless the fix was made before. */
function notExecuteWrite(section: Section, wishes: StripWishes): Refusal[] {
  const wrong =
    (wishes.stripWrite.includes(section.name) && isWritable(section)) ||
    (wishes.stripExecute.includes(section.name) && isExecutable(section));
  if (!wrong) return [];
  return [
    {
      code: 'not-execute-write',
      cause: null,
      section: section.name,
      message: `Section ${section.name} is not writable and executable at once, so memory integrity has nothing against it; it stays as it is.`,
    },
  ];
}

type Obstacle = Pick<Refusal, 'code' | 'message'> | null;

function writeObstacle(image: Image, section: Section): Obstacle {
  const obstacle = initStripObstacle(image, section);
  if (obstacle === null) return null;
  const why = obstacle.why.replace(/\bINIT\b/, () => section.name);
  return {
    code: obstacle.code,
    message: `Write access of section ${section.name} is not taken away: ${why}. Relink without /MERGE of ${obstacle.merged} into it.`,
  };
}

/** Code that is known to be there: the entry point, functions with unwind data. */
function executeObstacle(image: Image, section: Section, functions: ReadonlyMap<Section, number>): Obstacle {
  const entry = image.optionalHeader.addressOfEntryPoint;
  if (entry !== 0 && image.addressSpace.sectionAt(entry) === section) {
    return {
      code: 'section-holds-code',
      message: `Execute access of section ${section.name} is not taken away: the entry point, rva ${hex(entry)}, lies in it.`,
    };
  }
  const inside = functions.get(section);
  if (inside === undefined) return null;
  return {
    code: 'section-holds-code',
    message: `Execute access of section ${section.name} is not taken away: the exception directory has a function in it, at rva ${hex(inside)}.`,
  };
}

/** The first function of the exception directory in each section, by its rva. */
function firstFunctions(image: Image): Map<Section, number> {
  const found = new Map<Section, number>();
  const functions = image.runtimeFunctions;
  for (const { begin } of (functions.ok && functions.value) || []) {
    const section = image.addressSpace.sectionAt(begin);
    if (section !== null && !found.has(section)) found.set(section, begin);
  }
  return found;
}

const sectionNames = (image: Image): string =>
  image.sections
    .slice(0, 24)
    .map(({ name }) => name)
    .join(', ') || 'none';

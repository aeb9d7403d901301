/**
 * Calls that an analysis knows of and does not see, by the rule that would judge them. Said of each rule: a verdict that
 * passes over them in silence would call clean what nobody looked at.
 */
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { ddiNamed, ddis } from './ddi/catalogue.js';
import type { Ddi } from './ddi/ddi.js';
import { wdfDdis } from './ddi/wdf.js';
import type { Unseen } from './facts.js';
import type { Blind } from './found-calls.js';
import { COMPONENT, findWideString } from './framework.js';
import { hiddenCode } from './hidden-code.js';
import type { Imported } from './imported.js';
import type { Program } from './program.js';
import { rawParts } from './raw-parts.js';

export function unseenCalls(
  program: Program,
  { hasFramework, findsAtRunTime, ddis: imported }: Imported,
  { kept, unnamed }: Blind,
): Unseen[] {
  const hidden = hiddenCode(program, unnamed);
  if (hidden !== null)
    return allRules().map((rule) => ({ rule, reason: `the code that runs may not be what the file holds: ${hidden}` }));
  const unseen: Unseen[] = [];
  for (const slot of unnamed) {
    const ddi = imported.get(slot) as Ddi;
    for (const rule of rulesOf([ddi]))
      unseen.push({
        rule,
        reason: `${ddi.name} is imported, and calls of it are not seen: no code in the file names it`,
      });
  }
  for (const [name, rva] of kept) {
    const ddi = ddiNamed(name);
    for (const rule of rulesOf(ddi === null ? [] : [ddi]))
      unseen.push({
        rule,
        reason: `the address of ${name} is read near rva ${hex(rva)} and called elsewhere, if at all: such calls are not examined`,
      });
  }
  if (findsAtRunTime) {
    for (const ddi of namedInText(program.image))
      for (const rule of rulesOf([ddi]))
        unseen.push({
          rule,
          reason: `${ddi.name} is found at run time (MmGetSystemRoutineAddress), and calls of what is found there are not examined`,
        });
  }
  // Without that name in the image nobody can bind to the framework, and nothing of it is called.
  if (hasFramework && program.binding === null && findWideString(program.image, COMPONENT) !== null)
    for (const rule of rulesOf(wdfDdis))
      unseen.push({ rule, reason: 'the framework’s function table was not found, so calls of it are not examined' });
  if (program.isCut)
    for (const rule of [...rulesOf(ddis), 'HVCI3004'].sort())
      unseen.push({ rule, reason: 'the code is larger than what one analysis decodes, so not all of it was seen' });
  return unseen;
}

/** Of all rules on code. */
const allRules = (): string[] => [...rulesOf(ddis).add('HVCI3003').add('HVCI3004').add('HVCI3006')].sort();

const rulesOf = (of: readonly Ddi[]): Set<string> =>
  new Set(of.flatMap(({ judged }) => judged.map(({ rule }) => rule)));

/** DDIs with an argument to judge whose names the image holds as UTF-16, as MmGetSystemRoutineAddress takes them. */
function namedInText(image: Image): Set<Ddi> {
  const { bytes } = image;
  const found = new Set<Ddi>();
  for (const { begin, end } of rawParts(image)) {
    const text = bytes.subarray(begin, end);
    for (const initial of INITIALS) {
      for (let at = text.indexOf(initial); at >= 0; at = text.indexOf(initial, at + 1)) {
        if (bytes[begin + at + 1] !== 0) continue;
        const ddi = ddiNamed(wideName(bytes, begin + at));
        if (ddi !== null && ddi.judged.length > 0) found.add(ddi);
      }
    }
  }
  return found;
}

const INITIALS = new Set(ddis.filter(({ judged }) => judged.length > 0).map(({ name }) => name.charCodeAt(0)));
const LONGEST = 64;

/** The letters and digits from `at` on that a zero ends, or nothing. */
function wideName(bytes: Uint8Array, at: number): string {
  let name = '';
  for (let next = at; next + 1 < bytes.length && name.length < LONGEST; next += 2) {
    const letter = bytes[next] as number;
    if (bytes[next + 1] !== 0) return '';
    if (letter === 0) return name;
    name += String.fromCharCode(letter);
  }
  return '';
}

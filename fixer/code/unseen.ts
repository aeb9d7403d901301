/**
 * Calls that an analysis knows of and does not see, by the rule that would judge them. Said of each rule: a verdict that
 * passes over them in silence would call clean what nobody looked at.
 */
import { hex } from '../pe/hex.js';
import { ddiNamed, ddis } from './ddi/catalogue.js';
import type { Ddi } from './ddi/ddi.js';
import { wdfDdis } from './ddi/wdf.js';
import type { Unseen } from './facts.js';
import type { Blind } from './found-calls.js';
import { COMPONENT, findWideString } from './framework.js';
import { hiddenCode } from './hidden-code.js';
import type { Imported } from './imported.js';
import { namedDdis, namesIn, unknownLookup } from './lookups.js';
import type { Program } from './program.js';

export function unseenCalls(
  program: Program,
  { hasFramework, finders, ddis: imported }: Imported,
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
  if (finders.size > 0) {
    const finder = findersInWords(finders);
    const names = [...namesIn(program.image)];
    for (const ddi of namedDdis(program, names))
      for (const rule of rulesOf([ddi]))
        unseen.push({
          rule,
          reason: `${ddi.name} is found at run time (${finder}), and calls of what is found there are not examined`,
        });
    const lookup = unknownLookup(program, names);
    if (lookup !== null)
      for (const rule of rulesOf(ddis))
        unseen.push({
          rule,
          reason: `the function at rva ${hex(lookup)} asks ${finder} for a name that is no constant in the image: it may be any function’s`,
        });
  }
  // Without that name in the image nobody can bind to the framework, and nothing of it is called.
  if (hasFramework && program.binding === null && findWideString(program.image, COMPONENT) !== null)
    for (const rule of rulesOf(wdfDdis))
      unseen.push({ rule, reason: 'the framework’s function table was not found, so calls of it are not examined' });
  if (program.isCut)
    for (const rule of [...rulesOf(ddis), 'HVCI3004'].sort())
      unseen.push({ rule, reason: 'the code is larger than what one analysis decodes, so not all of it was seen' });
  else if (!program.isWhole)
    unseen.push({
      rule: 'HVCI3004',
      reason: 'a function is too large to be followed, so not all of its stores were seen',
    });
  return unseen;
}

export const findersInWords = (finders: Imported['finders']): string => [...new Set(finders.values())].join(', ');

/** Of all rules on code. */
const allRules = (): string[] => [...rulesOf(ddis).add('HVCI3003').add('HVCI3004').add('HVCI3006')].sort();

const rulesOf = (of: readonly Ddi[]): Set<string> =>
  new Set(of.flatMap(({ judged }) => judged.map(({ rule }) => rule)));

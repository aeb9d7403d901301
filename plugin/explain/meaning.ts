/** What the entries of a log mean: names, parameters as Microsoft's table has them, values as source code has them. */

import { poolTagText } from '../../fixer/code/ddi/pool-tag.js';
import { valueName } from '../../fixer/code/ddi/predicates.js';
import { hex } from '../../fixer/pe/hex.js';
import { rules } from '../../fixer/rules/catalogue.js';
import type { Entry } from './collect.js';
import type { Issue } from './sighting.js';

export interface Parameter {
  /** `Arg2`. */
  readonly name: string;
  /** From Microsoft's page "Driver Verifier: Code integrity checking"; null where it has none. */
  readonly meaning: string | null;
  /** `0x200`. */
  readonly value: string;
  /** `NonPagedPool (0)`; null for an address. */
  readonly text: string | null;
}

const CALLER = "the address in the driver's code where the error was detected";
const IMAGE = ['the image file name (address of a Unicode string)', 'the address of the section header'] as const;
const SECTION = 'the section name (address of a UTF-8 string)';

const PARAMETERS: Readonly<Partial<Record<Issue, readonly string[]>>> = {
  HVCI2000: [CALLER, 'the pool type', 'the pool tag, if provided'],
  HVCI2001: [CALLER, 'the page protection (WIN32_PROTECTION_MASK)'],
  HVCI2002: [CALLER, 'the page priority, ORed with MdlMapping* flags'],
  HVCI2003: [...IMAGE, SECTION],
  HVCI2004: [...IMAGE, SECTION],
  HVCI2005: [IMAGE[0], 'the import address table directory', SECTION],
};

const KINDS = { HVCI2000: 'pool-type', HVCI2001: 'page-protection', HVCI2002: 'page-priority' } as const;

export function parametersOf({ issue, parameters, address, value, tag }: Entry): Parameter[] {
  // What Driver Verifier prints are the same values without their names.
  const printed = [address, value, tag].filter((each) => each !== undefined);
  return (parameters ?? printed).map((each, index) => ({
    name: `Arg${index + 2}`,
    meaning: PARAMETERS[issue]?.[index] ?? null,
    value: `0x${each.toString(16)}`,
    text: index === 1 ? valueText(issue, value) : index === 2 && tag !== undefined ? tagText(tag) : null,
  }));
}

function valueText(issue: Issue, value: number | undefined): string | null {
  if (value === undefined || !(issue in KINDS)) return null;
  return valueName(KINDS[issue as keyof typeof KINDS], value);
}

function tagText(tag: number): string | null {
  const text = poolTagText(tag);
  return text === null ? null : `'${text}'`;
}

/** Rule code and name; null for a refusal that names no cause. */
export function ruleOf(issue: Issue): { readonly code: string; readonly name: string; readonly title: string } | null {
  return rules.find(({ meta }) => meta.code === issue)?.meta ?? null;
}

/** Driver Verifier's code, `0x2003`; null where it has none. */
export function verifierCodeOf(issue: Issue): string | null {
  const code = rules.find(({ meta }) => meta.code === issue)?.meta.verifierCode ?? null;
  return code === null ? null : hex(code);
}

const EFFECTS: Readonly<Record<number, string>> = {
  3072: 'Event 3072: Windows refused to load the driver, because sections do not begin on pages.',
  3073: 'Event 3073: the driver is refused where memory integrity runs in strict mode; elsewhere Windows loads it.',
  3087: 'Event 3087: the driver is not compatible with memory integrity. The event names no cause; its status may.',
  3111: 'Event 3111: the driver is not compatible with memory integrity. The event names no cause but a bit map of failures, whose bits Microsoft does not document.',
};

/** What Windows did, for events. */
export const eventEffect = (id: number | undefined): string | null => EFFECTS[id ?? 0] ?? null;

/** The section "How to fix" of the rule's page. */
export function remedyOf(issue: Issue, pageOf: (code: string) => string): string {
  if (issue === 'incompatible')
    return 'Check the file that the event names: `hvci-fix check FILE` tells what memory integrity minds in it and what to do.';
  return /\n## How to fix\n+([\s\S]*?)(?=\n## |$)/.exec(pageOf(issue))?.[1]?.trim() ?? '';
}

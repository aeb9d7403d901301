/**
 * Does code run in memory that a plan makes non-executable? What is seen is calls and jumps from elsewhere, calls of
 * judged functions, and functions whose address is known, so the answer is "found at" or "none found", never a proof.
 */
import type { CodeEngine, RunFact } from '../code/facts.js';
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { isExecutable, type Section } from '../pe/sections.js';
import { IMAGE_SCN_MEM_EXECUTE } from '../pe/winnt.js';
import type { EditRequest } from './edit.js';
import type { Refusal } from './refusal.js';
import type { ExaminedRequests } from './store-proof.js';

const RAISE = 'HVCI2004';

/** Takes out of `requests` those after which code that is seen to run would fault. */
export function examineRuns(
  image: Image,
  requests: readonly EditRequest[],
  engine: CodeEngine | undefined,
): ExaminedRequests {
  const stripped = sectionsOf(image, requests);
  const isRaised = requests.some(({ cause }) => cause === RAISE);
  const affected = isRaised ? [...stripped, ...image.sections.filter((section) => !isExecutable(section))] : stripped;
  if (affected.length === 0) return { requests, refusals: [], notes: [] };
  const found = engine?.runsIn(image, new Set(affected.map(({ index }) => index))) ?? null;
  const refusals: Refusal[] = [];
  const refused = new Set<string>();
  for (const fact of found ?? []) {
    const section = image.addressSpace.sectionAt(fact.rva);
    const key = section !== null && stripped.includes(section) ? fieldOf(section) : RAISE;
    if (section === null || refused.has(key)) continue;
    refused.add(key);
    refusals.push(refusal(fact, section, key === RAISE));
  }
  const kept = requests.filter(({ cause, field }) => !refused.has(cause === RAISE ? RAISE : field));
  const names = [...new Set(sectionsOf(image, kept).map(({ name }) => name))].slice(0, 8).join(', ');
  const looked =
    found === null ? 'other code in it is not looked for' : 'code that only pointers lead to may not be seen';
  const note = `neither the entry point nor a function that is known of lies in ${names}; ${looked}`;
  return { requests: kept, refusals, notes: names === '' ? [] : [note] };
}

const fieldOf = ({ index }: Section): string => `sections[${index}].characteristics`;

/** Those that lose execute access. */
function sectionsOf(image: Image, requests: readonly EditRequest[]): Section[] {
  const fields = new Set(requests.filter(({ clear }) => clear === IMAGE_SCN_MEM_EXECUTE).map(({ field }) => field));
  return image.sections.filter((section) => fields.has(fieldOf(section)));
}

function refusal(fact: RunFact, { name }: Section, isRaise: boolean): Refusal {
  const what = isRaise
    ? `SectionAlignment is not raised, because section ${name} has no execute access and code in it runs`
    : `Execute access of section ${name} is not taken away`;
  return {
    code: 'section-holds-code',
    cause: isRaise ? RAISE : 'HVCI2003',
    section: isRaise ? null : name,
    message: `${what}: ${evidence(fact)}. Move that code into a section that can be executed and not written, and link again.`,
  };
}

function evidence({ rva, from, ddi }: RunFact): string {
  if (from !== null) return `the code at rva ${hex(from)} calls or jumps to rva ${hex(rva)} in it`;
  if (ddi !== null) return `the code at rva ${hex(rva)} in it calls ${ddi}`;
  return `at rva ${hex(rva)} in it is a function whose address the image holds`;
}

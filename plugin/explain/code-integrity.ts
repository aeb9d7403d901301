/** Events of Microsoft-Windows-CodeIntegrity that tell of memory integrity, whatever form they come in. */
import type { Form, Issue, Sighting } from './sighting.js';

/**
 * 3072 and 3073 name their cause. 3087 does not, nor does 3111, which took its place in later Windows; its text is known
 * from one user's report alone.
 */
const ISSUES: Readonly<Record<number, Issue>> = {
  3072: 'HVCI2004',
  3073: 'HVCI2003',
  3087: 'incompatible',
  3111: 'incompatible',
};

export const issueOfEvent = (id: number): Issue | null => ISSUES[id] ?? null;

export const isEventOfInterest = (id: number): boolean => ISSUES[id] !== undefined;

const message = /kernel module (.{1,520}?) is not compatible with (strict mode )?hypervisor enforcement(.{0,400})/i;

/** What the English text of such an event says; null for any other text. */
export function readMessage(
  text: string,
): { readonly issue: Issue; readonly driver: string; readonly details: readonly (readonly [string, string])[] } | null {
  const [, driver, strict, rest = ''] = message.exec(text) ?? [];
  if (driver === undefined) return null;
  const isWritable = strict !== undefined || /\bexecutable sections? that (?:is|are) also writable/i.test(rest);
  const issue = isWritable ? 'HVCI2003' : /non-page[- ]aligned/i.test(rest) ? 'HVCI2004' : 'incompatible';
  const details: [string, string][] = [];
  for (const [, name = '', value = ''] of rest.matchAll(/\b(Failure bitmap|Status)\W{1,3}(0x[0-9a-f]{1,16})\b/gi))
    details.push([name, value]);
  return { issue, driver, details };
}

export function eventSighting(
  form: Form,
  eventId: number | undefined,
  line: number,
  known: Pick<Sighting, 'driver' | 'details'> & { readonly issue?: Issue },
): Sighting {
  // Either may name no cause: the number 3087, and a message that is cut off or has new words.
  const byNumber = ISSUES[eventId ?? 0] ?? 'incompatible';
  const issue = known.issue === undefined || known.issue === 'incompatible' ? byNumber : known.issue;
  return { issue, form, line, count: 1, eventId, driver: known.driver, details: known.details };
}

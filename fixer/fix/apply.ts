/** Plan in, bytes out. The image is copied, edited and perhaps cut; nothing is ever laid out anew. */
import { writeEdits } from './edit.js';
import type { Plan } from './plan.js';
import type { Refusal } from './refusal.js';

export type Applied =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly refusal: Refusal };

/** A new array with the plan applied; a refusal where the plan is blocked or was made for other bytes. */
export function applyPlan(bytes: Uint8Array, plan: Plan): Applied {
  if (plan.blocked !== null) return { ok: false, refusal: plan.blocked };
  const damaged = plan.edits.find(({ after, length }) => after.length !== 2 * length || !/^[0-9a-f]*$/.test(after));
  if (damaged !== undefined)
    return stalePlan(
      `The plan is damaged: \`after\` of ${damaged.field} is not ${damaged.length} bytes in hex. Make it anew.`,
    );
  // Not bytes.slice: that of a Node Buffer is a view, and edits would land in the caller's file.
  const copy = new Uint8Array(bytes.subarray(0, plan.truncateTo ?? bytes.length));
  // The length first: cutting a file that has grown would take bytes that nobody looked at.
  const stale = bytes.length !== plan.fileLength ? 'its length' : (writeEdits(copy, plan.edits)?.field ?? null);
  if (stale === null) return { ok: true, bytes: copy };
  return stalePlan(`The file is not the one the plan was made for: ${stale} differs. Run the command again.`);
}

const stalePlan = (message: string): Applied => ({
  ok: false,
  refusal: { code: 'stale-plan', cause: null, section: null, message },
});

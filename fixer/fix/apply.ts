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
  // A cut as large as the file would empty it: no plan of ours says that, but a plan is data and may come from anywhere.
  const length = plan.truncateTo ?? bytes.length;
  const copy = bytes.slice(0, length);
  const stale = copy.length !== length ? 'its length' : (writeEdits(copy, plan.edits)?.field ?? null);
  if (stale === null) return { ok: true, bytes: copy };
  return {
    ok: false,
    refusal: {
      code: 'stale-plan',
      cause: null,
      section: null,
      message: `The file is not the one the plan was made for: ${stale} differs. Run the command again.`,
    },
  };
}

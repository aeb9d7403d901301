/** The whole engine over any bytes, with everything that must hold whatever they are. Used by the property tests. */
import { applyPlan } from '../../fixer/fix/apply.js';
import { type FixOptions, planFixes } from '../../fixer/fix/plan.js';
import { verifyPlan } from '../../fixer/fix/verify.js';
import { type Image, parseImage } from '../../fixer/pe/image.js';
import { check } from '../../fixer/rules/check.js';

/** What became of the bytes. `not-verified`: a plan was made, and verification said that nothing may be written. */
export type Outcome = 'no-image' | 'nothing-to-do' | 'refused' | 'fixed' | 'not-verified';

export const EVERYTHING: FixOptions = {
  stripSignature: true,
  stripWrite: ['PATCH', '.data', '.text'],
  stripExecute: ['.rdata'],
};

/**
 * Parses, checks, plans, applies and verifies. Throws an Error that says what does not hold; an exception of the engine
 * itself goes through as it is.
 */
export function runEngine(bytes: Uint8Array, options: FixOptions = EVERYTHING): Outcome {
  const parsed = parseImage(bytes);
  if (!parsed.ok) {
    const { offset, needed, message } = parsed.error;
    if (!(offset >= 0 && needed >= 0 && message.length > 0))
      throw new Error(`a bad error: ${JSON.stringify(parsed.error)}`);
    return 'no-image';
  }
  const image = parsed.value;
  readEverything(image);
  const result = check(image, { treatAs: 'driver' });
  for (const finding of result.findings) {
    const { offset, length } = finding;
    if ((offset === null) !== (length === null)) throw new Error(`half a span: ${JSON.stringify(finding)}`);
    if (offset !== null && length !== null && (offset < 0 || offset + length > bytes.length || length < 1))
      throw new Error(`a span outside the file: ${JSON.stringify(finding)}`);
  }
  const plan = planFixes(image, result, options);
  if (plan.edits.length === 0 && plan.blocked === null) return 'nothing-to-do';
  const applied = applyPlan(bytes, plan);
  if (!applied.ok) {
    if (plan.blocked === null) throw new Error(`a fresh plan is refused: ${applied.refusal.message}`);
    return 'refused';
  }
  assertOnlyPlanned(bytes, applied.bytes, plan.edits, plan.truncateTo);
  const verification = verifyPlan(bytes, applied.bytes, plan, { treatAs: 'driver' }, options);
  // The last safety net: a forged directory may reach into memory that only the fix makes part of a section.
  if (!verification.ok) return 'not-verified';
  const again = parseImage(applied.bytes);
  if (!again.ok) throw new Error('verified, but no image');
  const second = planFixes(again.value, check(again.value, { treatAs: 'driver' }), options);
  if (second.edits.length > 0) throw new Error(`not idempotent: ${JSON.stringify(second.edits)}`);
  return 'fixed';
}

/** Every structure, so that none is left out because no rule asked for it. */
function readEverything(image: Image): void {
  void [image.imports, image.importAddressTable, image.baseRelocations, image.certificateTable, image.loadConfig];
  void [image.runtimeFunctions, image.coffSymbols, image.overlay, image.computedCheckSum];
}

function assertOnlyPlanned(
  before: Uint8Array,
  after: Uint8Array,
  edits: readonly { readonly offset: number; readonly length: number }[],
  truncateTo: number | null,
): void {
  if (after.length !== (truncateTo ?? before.length)) throw new Error(`length ${after.length}`);
  const expected = before.slice(0, after.length);
  for (const { offset, length } of edits) expected.set(after.subarray(offset, offset + length), offset);
  if (Buffer.compare(expected, after) !== 0) throw new Error('a byte changed that no edit names');
}

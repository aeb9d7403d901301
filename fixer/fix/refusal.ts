/** A fix that is not made, and why: said instead of a half-safe edit. */
export interface Refusal {
  readonly code:
    | 'signed'
    | 'certificate-inside-image'
    | 'iat-in-section'
    | 'relink-required'
    | 'store-into-section'
    | 'section-not-found'
    | 'section-holds-code'
    | 'not-execute-write'
    | 'edit-conflict'
    | 'stale-plan'
    | 'verification-failed';
  /** Rule code of the finding whose fix is refused; null where the plan as a whole is. */
  readonly cause: string | null;
  readonly section: string | null;
  /** What stands in the way and what to do instead. */
  readonly message: string;
}

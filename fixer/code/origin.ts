/** Where a value comes from that the function itself does not make: its caller, memory, the loader or a callee. */

/** `key` is unique for each. */
export type Origin =
  /** What `register` held on entry. */
  | { readonly kind: 'register'; readonly key: string; readonly register: number }
  /** The stack word `offset` bytes above the stack pointer on entry: an argument. */
  | { readonly kind: 'stack-argument'; readonly key: string; readonly offset: number }
  /** A load of `width` bytes from writable memory of the image. */
  | { readonly kind: 'global'; readonly key: string; readonly rva: number; readonly width: number }
  /** What the loader writes into an import address table slot. */
  | { readonly kind: 'import'; readonly key: string; readonly slot: number }
  /** What the call at `rva` returned. */
  | { readonly kind: 'result'; readonly key: string; readonly rva: number }
  /** A load through a pointer of known origin. */
  | { readonly kind: 'member'; readonly key: string; readonly of: Origin; readonly offset: number }
  /** What is loaded from a variable, `by` bytes further on: a pointer to a table, on the way to its entry. */
  | { readonly kind: 'moved'; readonly key: string; readonly of: Variable; readonly by: number }
  /** What is loaded from a variable, shifted left: clang keeps a variable of two values as a flag. */
  | { readonly kind: 'shifted'; readonly key: string; readonly of: Variable; readonly by: number };

type Variable = Origin & { readonly kind: 'global' };

export const registerOrigin = (register: number): Origin => ({ kind: 'register', key: `r${register}`, register });
export const stackOrigin = (offset: number): Origin => ({ kind: 'stack-argument', key: `s${offset}`, offset });
export const globalOrigin = (rva: number, width: number): Origin => ({
  kind: 'global',
  key: `g${rva}:${width}`,
  rva,
  width,
});
export const importOrigin = (slot: number): Origin => ({ kind: 'import', key: `i${slot}`, slot });
export const resultOrigin = (rva: number): Origin => ({ kind: 'result', key: `c${rva}`, rva });
export const memberOrigin = (of: Origin, offset: number): Origin => ({
  kind: 'member',
  key: `${of.key}>${offset}`,
  of,
  offset,
});

export const movedOrigin = (of: Variable, by: number): Origin => ({ kind: 'moved', key: `${of.key}+${by}`, of, by });

export const shiftedOrigin = (of: Variable, by: number): Origin => ({
  kind: 'shifted',
  key: `${of.key}<${by}`,
  of,
  by,
});

/** The same, in the same order. */
export function sameOrigins(a: readonly Origin[], b: readonly Origin[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++)
    if (a[index] !== b[index] && (a[index] as Origin).key !== (b[index] as Origin).key) return false;
  return true;
}

import { CODE_RULE_CODES } from './codes.js';

/** Rules that read code: what they cannot decide is the code's nature (a value known at run time), not a damaged file. */
const UNDECIDABLE: ReadonlySet<string> = new Set(CODE_RULE_CODES);

/** True where a rule is undetermined because a structure of the image cannot be parsed. */
export const isDamaged = ({ code }: { readonly code: string }): boolean => !UNDECIDABLE.has(code);

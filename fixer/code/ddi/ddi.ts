/** The shape of the catalogue: which functions, which of their arguments, and what they mean. */

/** Where an argument is: its index in the binary (WDF calls have DriverGlobals first), and its stack word on x86. */
export interface ArgumentPosition {
  readonly index: number;
  readonly word: number;
}

export type ArgumentKind =
  | 'pool-type'
  | 'lookaside-flags'
  | 'pool-flags'
  | 'page-protection'
  | 'page-priority'
  | 'section-access'
  | 'section-attributes'
  | 'information-class'
  | 'storport-function';

export interface JudgedArgument {
  readonly argument: ArgumentPosition;
  /** The parameter's name in Microsoft's reference. */
  readonly parameter: string;
  readonly kind: ArgumentKind;
  /** The rule that reports it. */
  readonly rule: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** KPROCESSOR_MODE, where a UserMode mapping is never executable. */
  readonly accessMode?: ArgumentPosition;
  /** FLT_CONTEXT_TYPE: a volume context must be NonPagedPool, says its page. */
  readonly volumeContext?: ArgumentPosition;
}

export interface Ddi {
  readonly name: string;
  readonly library: string;
  /** On one of Microsoft's lists of DDIs that memory integrity affects. */
  readonly listed: boolean;
  /** Bytes of arguments that the function takes off the stack on x86. */
  readonly stdcallBytes?: number;
  /** Index in the framework's function table. */
  readonly wdfIndex?: number;
  readonly tag?: ArgumentPosition;
  /** What to write instead. */
  readonly remedy: string;
  readonly judged: readonly JudgedArgument[];
}

export const at = (index: number, word: number): ArgumentPosition => ({ index, word });

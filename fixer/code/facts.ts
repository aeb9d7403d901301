/** What the analysis of an image's code says: plain data that the code rules turn into findings. */
import type { Image } from '../pe/image.js';
import type { ChainLink } from './callers.js';
import type { Ddi, JudgedArgument } from './ddi/ddi.js';

/**
 * - `violation`: every value that the argument can have asks for executable memory
 * - `ok`: none does
 * - `conditional`: some do
 * - `opt-in`: a variable that is set to a value that does not, as POOL_NX_OPTIN makes it
 * - `default-only`: a variable that holds only values that do, as far as stores to it are seen
 * - `user-mode`: a mapping without MdlMappingNoExecute into user space, where it makes no difference
 * - `undetermined`: not followed, and why
 */
export type Outcome = 'violation' | 'ok' | 'conditional' | 'opt-in' | 'default-only' | 'user-mode' | 'undetermined';

/** One judged argument of one call, as one chain of callers decides it. */
export interface JudgedCall {
  readonly ddi: Ddi;
  readonly judged: JudgedArgument;
  readonly outcome: Outcome;
  /** Every value the argument can have, as far as it is known. */
  readonly values: readonly number[];
  /** Why it is undetermined, or null. */
  readonly reason: string | null;
  /** rva of the call instruction: the DDI's own, in a wrapper the outermost caller's that decides. */
  readonly rva: number;
  /** Bytes of that instruction. */
  readonly length: number;
  /**
   * rva of the instruction after the innermost call of the chain that is no jump, which Driver Verifier reports; null
   * where all are.
   */
  readonly returnRva: number | null;
  /** rva of the function that holds the call. */
  readonly function: number;
  /** From the caller that decides to the call of the DDI; one link where there is no wrapper. */
  readonly chain: readonly ChainLink[];
  /** Pool tag as written in source, where it is constant. */
  readonly tag: string | null;
  /** rvas of the variables that the value comes from. */
  readonly globals: readonly number[];
  /** FltAllocateContext for a volume context, whose page demands NonPagedPool. */
  readonly isVolumeContext: boolean;
}

/** An instruction that writes to `target` in the image. */
export interface StoreFact {
  readonly rva: number;
  readonly target: number;
  /** In bytes. */
  readonly width: number;
  readonly function: number;
  /** `target` is what an unknown index is added to. */
  readonly isIndexed: boolean;
}

/** In place of a section's index: the headers, which are memory before the first section. */
export const HEADERS = -1;

export interface FoundStores {
  readonly stores: readonly StoreFact[];
  /** rvas, of no function, in those of the sections that can be written now, whose address code makes or data holds. */
  readonly addressesHeld: readonly number[];
  /** False where there is more code than one analysis decodes. */
  readonly isWhole: boolean;
}

/** Code at `rva` runs, as `from`, the call or jump that leads to it, or its own call of `ddi` shows; else its address is known. */
export interface RunFact {
  readonly rva: number;
  readonly from: number | null;
  readonly ddi: string | null;
}

export interface ControlWrite {
  readonly rva: number;
  readonly function: number;
}

export interface Coverage {
  /** Calls with an argument to judge, and of these those that are not undetermined. */
  readonly callSites: number;
  readonly resolved: number;
  /** What the analysis did not see. */
  readonly notes: readonly string[];
}

/** Calls that were not looked at. */
export interface Unseen {
  /** Code of the rule that would judge them. */
  readonly rule: string;
  readonly reason: string;
}

export interface CodeFacts {
  readonly calls: readonly JudgedCall[];
  readonly unseen: readonly Unseen[];
  /** Imported DDIs of Microsoft's lists of which no argument decides, with the slot's rva. */
  readonly advisories: readonly { readonly ddi: Ddi; readonly slot: number }[];
  /** Direct stores into sections that may run. */
  readonly selfStores: readonly StoreFact[];
  /** CR0.WP cleared. */
  readonly controlWrites: readonly ControlWrite[];
  /** rvas of variables that make the driver's pool types or mappings non-executable. */
  readonly optInGlobals: readonly number[];
  readonly coverage: Coverage;
}

/**
 * Reads the code of images. Made once, by `createCodeEngine`; handed to `check` as an option, because decoding x86
 * needs a WebAssembly module that a run without code rules must not load.
 */
export interface CodeEngine {
  /** Facts of an image; remembered while no two others are asked about. Null: no machine whose code is read. */
  analyse(image: Image): CodeFacts | null;
  /** Lets `to` have the facts of `from`, where nothing that they follow from differs: what a fix changes hardly ever does. */
  carryOver(from: Image, to: Image): void;
  /** Forgets the images that it was asked about. */
  release(): void;
  /** Direct stores into any of the sections, by index or `HEADERS`, as far as the code shows them; null: not examined. */
  storesInto(image: Image, sections: ReadonlySet<number>): FoundStores | null;
  /** Code that runs in the sections, by index, as far as something shows it: one fact a section; null: not examined. */
  runsIn(image: Image, sections: ReadonlySet<number>): readonly RunFact[] | null;
}

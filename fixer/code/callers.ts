/** Who calls a function, and with what: how an argument that a wrapper passes on is resolved. */
import type { Location } from './convention.js';
import { exportedRvas } from './exported.js';
import type { CodeFunction } from './functions.js';
import { callsNear } from './interest.js';
import type { Origin } from './origin.js';
import type { Program } from './program.js';
import { entryOrigins, substitute } from './substitute.js';
import { UNKNOWN, type Value } from './value.js';
import type { Call, Visitor } from './visitor.js';

/** One call on the way from the outermost caller to the DDI. */
export interface ChainLink {
  /** rva of the call. */
  readonly rva: number;
  /** Bytes of the call instruction. */
  readonly length: number;
  /** rva of the function it is in. */
  readonly function: number;
}

/** Values of the arguments as one chain of callers decides them. */
export interface Resolution {
  /** As the arguments that were asked for; free of entry origins unless `open`. */
  readonly values: readonly (Value | null)[];
  /** Outermost first; the last link is the call of the DDI. */
  readonly chain: readonly ChainLink[];
  readonly returnRva: number | null;
  /** Why the callers are not all known, or null. */
  readonly open: string | null;
}

/** A function on the way down, the rva of its call, and what its arguments are as far as the callers decide them. */
interface Passage {
  readonly code: CodeFunction;
  readonly rva: number;
  readonly given: ReadonlyMap<Origin, Value>;
}

interface CallSite {
  readonly rva: number;
  readonly length: number;
  readonly returnRva: number | null;
  readonly caller: CodeFunction;
  readonly uncertain: boolean;
  readonly values: ReadonlyMap<string, Value>;
}

const DEEPEST = 5;
const MOST_RESOLUTIONS = 256;

export class Callers {
  readonly #program: Program;
  readonly #sites = new Map<string, CallSite[]>();
  readonly #taken = new Map<number, string | null>();
  readonly #exports: ReadonlySet<number>;

  constructor(program: Program) {
    this.#program = program;
    this.#exports = exportedRvas(program.image);
  }

  /** Follows the values to where they are decided. */
  resolve(
    code: CodeFunction,
    values: readonly (Value | null)[],
    chain: readonly ChainLink[],
    returnRva: number | null,
  ): Resolution[] {
    const found: Resolution[] = [];
    this.#follow(code, values, chain, [], returnRva, new Set(), found);
    return found;
  }

  #follow(
    code: CodeFunction,
    values: readonly (Value | null)[],
    chain: readonly ChainLink[],
    passages: readonly Passage[],
    returnRva: number | null,
    above: ReadonlySet<number>,
    found: Resolution[],
  ): void {
    const wanted = entryOrigins(values);
    const done = (open: string | null): void => void found.push({ values, chain, returnRva, open });
    if (wanted.length === 0) {
      if (passages.every((passage) => this.#isPassed(passage))) done(null);
      return;
    }
    if (above.has(code.entry)) return;
    if (above.size >= DEEPEST) return done('the argument is passed down through too many functions');
    if (found.length >= MOST_RESOLUTIONS) return done('too many callers');
    const sites = this.#callsOf(code, wanted);
    const open = this.#openTo(code, sites.length);
    if (open !== null) done(open);
    const deeper = new Set(above).add(code.entry);
    for (const site of sites) {
      const lookup = (origin: Origin): Value | null => site.values.get(origin.key) ?? null;
      const here = values.map((value) => (value === null ? null : substitute(value, lookup)));
      const given = new Map(wanted.map((origin) => [origin, lookup(origin) ?? UNKNOWN]));
      const own = { code, rva: chain[0]?.rva ?? 0, given };
      const below = passages.map((each) => ({ ...each, given: substituted(each.given, lookup) }));
      const link = { rva: site.rva, length: site.length, function: site.caller.entry };
      if (site.uncertain) {
        found.push({
          values: here,
          chain: [link, ...chain],
          returnRva,
          open: 'the caller’s code is reached in a way that is not understood',
        });
        continue;
      }
      this.#follow(site.caller, here, [link, ...chain], [own, ...below], returnRva, deeper, found);
    }
  }

  /** A wrapper may look at what it was given and not come to the call with it. */
  #isPassed({ code, rva, given }: Passage): boolean {
    const known = [...given].filter(([, { atoms }]) => atoms?.every(({ kind }) => kind === 'constant') === true);
    if (known.length === 0) return true;
    const start = known.map(([origin, value]) => ({ at: locationOf(origin), value }));
    return this.#program.analysis(code).reaches(rva, start);
  }

  #callsOf(code: CodeFunction, wanted: readonly Origin[]): CallSite[] {
    const key = `${code.entry}:${wanted.map((origin) => origin.key).join()}`;
    const known = this.#sites.get(key);
    if (known !== undefined) return known;
    const sites: CallSite[] = [];
    const program = this.#program;
    const references = program.references.to([code.entry]).get(code.entry) ?? [];
    for (const { code: caller, positions } of program.functionsAt(references)) {
      const analysis = program.analysis(caller);
      const isOf = (call: Call): boolean => {
        const callee = program.calleeOf(call);
        return callee.kind === 'code' && callee.entry === code.entry;
      };
      const visitor: Visitor = {
        asked: (call) => (isOf(call) ? wanted.map((origin) => call.argument(locationOf(origin))) : []),
        call: (call) => {
          // A jump back to the start of the function itself passes on what it was given.
          if (!isOf(call)) return;
          const values = new Map<string, Value>();
          for (const origin of wanted) values.set(origin.key, call.argument(locationOf(origin)));
          sites.push({
            rva: call.rva,
            length: call.length,
            returnRva: call.returnRva,
            caller,
            uncertain: call.uncertain || analysis.gaveUp,
            values,
          });
        },
      };
      analysis.visit(visitor, program.namesExactly ? callsNear(analysis, positions) : null);
    }
    this.#sites.set(key, sites);
    return sites;
  }

  /** Why somebody else may call the function too; null when nobody else can be seen to. */
  #openTo(code: CodeFunction, callerCount: number): string | null {
    const { entry } = code;
    let reason = this.#taken.get(entry);
    if (reason === undefined) {
      reason = this.#whyOpen(entry);
      this.#taken.set(entry, reason);
    }
    return reason ?? (callerCount === 0 ? 'no call of the function that passes it on was found' : null);
  }

  #whyOpen(entry: number): string | null {
    const { image, pointers, references } = this.#program;
    if (entry === image.optionalHeader.addressOfEntryPoint) return 'it is an argument of the entry point';
    if (this.#exports.has(entry)) return 'it is an argument of an exported function';
    if (pointers.targets.has(entry) || pointers.codeTargets.has(entry))
      return 'it is an argument of a function whose address is taken';
    for (const position of references.to([entry]).get(entry) ?? []) {
      if (this.#takesAddress(position, entry)) return 'it is an argument of a function whose address is taken';
    }
    return null;
  }

  /** The reference makes the function's address: LEA, or ADRP and ADD. */
  #takesAddress(position: number, entry: number): boolean {
    const { image, convention } = this.#program;
    if (convention.machine === 'arm64') return takesAddressArm64(image, position, entry);
    const bytes = image.readRva(position - 2, 2);
    if (!bytes.ok) return false;
    const [opcode = 0, modrm = 0] = bytes.value;
    return opcode === 0x8d && (modrm & 0xc7) === 0x05;
  }
}

/** ADR, or ADRP whose page an ADD within the next instructions completes to `entry`. */
function takesAddressArm64(image: Program['image'], position: number, entry: number): boolean {
  const bytes = image.readRva(position, 4);
  if (!bytes.ok) return false;
  const read = (from: Uint8Array, at: number): number =>
    new DataView(from.buffer, from.byteOffset, from.byteLength).getUint32(at, true);
  const word = read(bytes.value, 0);
  if ((word & 0x1f000000) !== 0x10000000) return false;
  if (word >>> 31 === 0) return true;
  const low = entry & 0xfff;
  for (let at = position + 4; at < position + 64; at += 4) {
    const next = image.readRva(at, 4);
    if (!next.ok) return false;
    const add = read(next.value, 0);
    const isAdd = (add & 0xffc00000) >>> 0 === 0x91000000;
    if (isAdd && ((add >>> 5) & 31) === (word & 31) && ((add >>> 10) & 0xfff) === low) return true;
  }
  return false;
}

const substituted = (given: ReadonlyMap<Origin, Value>, lookup: (origin: Origin) => Value | null) =>
  new Map([...given].map(([origin, value]) => [origin, substitute(value, lookup)]));

const locationOf = (origin: Origin): Location =>
  origin.kind === 'register'
    ? { register: origin.register }
    : { offset: origin.kind === 'stack-argument' ? origin.offset : 0 };

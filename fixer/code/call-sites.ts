/** The calls of a function, and whether there may be others than those that are seen. */
import { TOO_MUCH } from './budget.js';
import type { CodeFunction } from './code-function.js';
import { type Location, PARAMETERS } from './convention.js';
import type { Given } from './entry.js';
import { exportedRvas } from './exported.js';
import { callsNear } from './interest.js';
import { type Origin, registerOrigin, stackOrigin } from './origin.js';
import type { Program } from './program.js';
import { forget, UNKNOWN, type Value } from './value.js';
import type { Call, Visitor } from './visitor.js';

export interface CallSite {
  readonly rva: number;
  readonly length: number;
  readonly returnRva: number | null;
  readonly caller: CodeFunction;
  readonly uncertain: boolean;
  readonly values: ReadonlyMap<string, Value>;
}

export class CallSites {
  /** What stands for every argument that a function may have. */
  readonly parameters: readonly Origin[];
  readonly #program: Program;
  readonly #known = new Map<string, CallSite[]>();
  readonly #taken = new Map<number, string | null>();
  readonly #exports: ReadonlySet<number>;

  constructor(program: Program) {
    this.#program = program;
    this.#exports = exportedRvas(program.image);
    this.parameters = PARAMETERS[program.convention.machine].map(originOf);
  }

  /** @param wanted arguments to be told of each call */
  of(code: CodeFunction, wanted: readonly Origin[]): CallSite[] {
    const key = `${code.entry}:${wanted.map((origin) => origin.key).join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#program.budget.isOver) return [];
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
        asked: (call) => (isOf(call) ? argumentsOf(call, wanted).values() : []),
        call: (call) => {
          // A jump back to the start of the function itself passes on what it was given.
          if (!isOf(call)) return;
          const values = argumentsOf(call, wanted);
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
    this.#known.set(key, sites);
    return sites;
  }

  /** Why somebody else may call the function too; null when nobody else can be seen to. */
  openTo(code: CodeFunction, callerCount: number): string | null {
    const { entry } = code;
    if (this.#program.budget.isOver) return TOO_MUCH;
    let reason = this.#taken.get(entry);
    if (reason === undefined) {
      reason = this.#whyOpen(entry);
      this.#taken.set(entry, reason);
    }
    return reason ?? (callerCount === 0 ? 'no call of the function that passes it on was found' : null);
  }

  #whyOpen(entry: number): string | null {
    const { image, pointers } = this.#program;
    if (entry === image.optionalHeader.addressOfEntryPoint) return 'it is an argument of the entry point';
    if (this.#exports.has(entry)) return 'it is an argument of an exported function';
    if (pointers.targets.has(entry) || pointers.codeTargets.has(entry))
      return 'it is an argument of a function whose address is taken';
    for (const position of this.#program.placesNaming(entry, 1)) {
      if (this.#takesAddress(position, entry)) return 'it is an argument of a function whose address is taken';
    }
    return this.#program.budget.isOver ? TOO_MUCH : null;
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
export function takesAddressArm64(image: Program['image'], position: number, entry: number): boolean {
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

export function originOf(location: Location): Origin {
  return 'register' in location ? registerOrigin(location.register) : stackOrigin(location.offset);
}

export const locationOf = (origin: Origin): Location =>
  origin.kind === 'register'
    ? { register: origin.register }
    : { offset: origin.kind === 'stack-argument' ? origin.offset : 0 };

/** What the call passes, by the key of what stands for the argument in the callee. */
export const argumentsOf = (call: Call, parameters: readonly Origin[]): Map<string, Value> =>
  new Map(parameters.map((origin) => [origin.key, call.argument(locationOf(origin))]));

/** Those of the arguments of which something is known whoever calls the caller. */
export const knownOf = (parameters: readonly Origin[], values: ReadonlyMap<string, Value>): Given[] =>
  parameters.flatMap((origin) => {
    let value = values.get(origin.key) ?? UNKNOWN;
    // Of a byte in a register the rest is nobody's.
    if (value.atoms?.every(({ kind }) => kind === 'constant') !== true) value = forget(value);
    return value === UNKNOWN ? [] : [{ at: locationOf(origin), value }];
  });

/** Where the code names an rva: found in the bytes, before anything is decoded. May find too much, never too little. */
import type { Image } from '../pe/image.js';
import { NamedPages } from './arm64/named-pages.js';
import { branchesArm64, madeArm64, namedArm64, names, pagesNear, scanArm64 } from './arm64/references.js';
import { type Code, codeRanges } from './code-ranges.js';
import type { CodeMachine } from './convention.js';
import type { Pointers } from './pointers.js';
import type { Range } from './ranges.js';
import { X86References } from './x86/references.js';

/** rvas of the bytes that refer to each target. */
export type References = ReadonlyMap<number, readonly number[]>;

/** Bytes of an instruction at `position` that lead to `target`. */
export interface Reference {
  readonly position: number;
  readonly target: number;
}

/** Times after which going over all code costs more than an index of it. */
const FEW_SCANS = 8;

export class ReferenceScanner {
  readonly #code: readonly Code[];
  readonly #machine: CodeMachine;
  readonly #image: Image;
  readonly #pointers: Pointers;
  #index: X86References | null = null;
  #pages: NamedPages | null = null;
  #scans = 0;

  constructor(image: Image, machine: CodeMachine, pointers: Pointers) {
    this.#machine = machine;
    this.#image = image;
    this.#pointers = pointers;
    this.#code = codeRanges(image).flatMap(({ begin, end }) => {
      const bytes = image.readRva(begin, end - begin);
      if (!bytes.ok) return [];
      const view = new DataView(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
      return [{ rva: begin, bytes: bytes.value, view }];
    });
  }

  /** On ARM64 a page's every use refers to all targets on it. */
  to(targets: Iterable<number>): References {
    const found = new Map<number, number[]>();
    if (this.#machine === 'arm64') {
      for (const target of targets) found.set(target, []);
      if (found.size > 0 && ++this.#scans <= FEW_SCANS) for (const code of this.#code) scanArm64(code, found);
      else if (found.size > 0) this.#lookUp(found);
    } else for (const target of targets) found.set(target, this.#x86.to(target));
    return found;
  }

  /** As `scanArm64` finds them. */
  #lookUp(found: Map<number, number[]>): void {
    this.#pages ??= new NamedPages(this.#code, this.#image.optionalHeader.sizeOfImage);
    for (const [target, places] of found) {
      for (const rva of this.#pages.near(target)) {
        const code = this.#code.find((each) => rva >= each.rva && rva < each.rva + each.view.byteLength) as Code;
        if (names(code, rva - code.rva, target)) places.push(rva);
      }
    }
  }

  /** Places that may be stores into one of the ranges; the instruction itself tells. */
  writesNear(ranges: readonly Range[]): number[] {
    return this.#machine === 'arm64'
      ? this.#code.flatMap((code) => pagesNear(code, ranges))
      : this.#x86.writesInto(ranges);
  }

  /** Where an address in one of the ranges is made, to be used through a register; on ARM64 `writesNear` has them. */
  madeInto(ranges: readonly Range[]): number[] {
    return this.#machine === 'arm64' || ranges.length === 0 ? [] : this.#x86.madeInto(ranges);
  }

  /** rvas of the instructions that make an address in one of the ranges and through which code near may store. */
  storedThroughInto(ranges: readonly Range[]): number[] {
    return this.#machine === 'arm64' || ranges.length === 0 ? [] : this.#x86.storedThroughInto(ranges);
  }

  /** Calls and jumps to anywhere in the image, as far as they are relative. */
  branches(): Reference[] {
    return this.#machine === 'arm64' ? this.#code.flatMap(branchesArm64) : this.#x86.branches();
  }

  /** Addresses that code makes. */
  madeTargets(): number[] {
    return this.#machine === 'arm64' ? this.#code.flatMap(madeArm64) : this.#x86.madeTargets();
  }

  /** Those of `to` that may store into `target`: few of those that use a variable. */
  writesTo(target: number): readonly number[] {
    return this.#machine === 'arm64' ? (this.to([target]).get(target) ?? []) : this.#x86.writesTo(target);
  }

  /** The code in `within` makes an address in `targets`, so that stores may go through a register; on ARM64 all do. */
  makesAddress(targets: Range, within: readonly Range[]): boolean {
    return this.#machine === 'arm64' || this.#x86.makesAddress(targets, within);
  }

  /**
   * Where the structure or table starts that the variable at `rva` may lie in, if code makes its address: the nearest
   * place before it that code names, or itself. Null where that place is only read and written by its own address.
   * Members between the two that code names hide the start.
   */
  madeBefore(rva: number): number | null {
    const { named, made } = this.#machine === 'arm64' ? namedArm64(this.#code, rva) : this.#x86.namedBefore(rva);
    return made === named ? made : null;
  }

  get #x86(): X86References {
    this.#index ??= new X86References(this.#image, this.#machine === 'x86', this.#code, this.#pointers);
    return this.#index;
  }
}

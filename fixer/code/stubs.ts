/** Stubs that only jump on to an import: what linkers make of a call without `__declspec(dllimport)`. */
import type { Image } from '../pe/image.js';
import { importStubSlot } from './arm64/import-stub.js';
import type { CodeMachine } from './convention.js';
import type { Imported } from './imported.js';
import type { InstructionSource } from './instruction.js';

export class Stubs {
  readonly #image: Image;
  readonly #machine: CodeMachine;
  readonly #source: InstructionSource;
  readonly #names: Imported['names'];
  /** By the rva where a stub may be. */
  readonly #known = new Map<number, number | null>();

  constructor(image: Image, machine: CodeMachine, source: InstructionSource, { names }: Imported) {
    this.#image = image;
    this.#machine = machine;
    this.#source = source;
    this.#names = names;
  }

  /** rva of the import address table slot that the stub at `rva` jumps through; null where there is none. */
  slotOf(rva: number): number | null {
    let slot = this.#known.get(rva);
    if (slot === undefined) {
      const read = this.#read(rva);
      slot = read !== null && this.#names.has(read) ? read : null;
      this.#known.set(rva, slot);
    }
    return slot;
  }

  #read(rva: number): number | null {
    if (this.#machine === 'arm64') return importStubSlot(this.#image, rva);
    const { flow } = this.#source.at(rva);
    if (flow.kind !== 'jump-through' || flow.operand.kind !== 'memory' || !flow.operand.inImage) return null;
    return flow.operand.displacement;
  }
}

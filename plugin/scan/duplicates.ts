/**
 * Recognises bytes that were seen before. Hashing every file would cost a good part of what the image rules cost, so a
 * file is told from others by its size and its first bytes (the linker's time stamp and checksum are among them), by the
 * sum of the whole where several differ in what follows, and the bytes are compared before two files are called the same.
 */
import { sumOfWords } from '../../fixer/pe/checksum.js';
import { type FileIdentity, ImageBuffer, type ReadSuccess, readImage } from '../files/read.js';

const HEADER_LENGTH = 1024;
/** Bytes that may be remembered, roughly; beyond that the oldest are forgotten. */
const MOST_REMEMBERED = 16 * 2 ** 20;
/** What a file takes here without its value, measured on 100,000 files: identity, keys, promises and their collection. */
const OVERHEAD = 1500;

export interface First<T> {
  readonly path: string;
  readonly value: T;
}

interface Seen<T> extends First<T> {
  readonly identity: FileIdentity;
  readonly header: number;
  /** Null until another content has the same header. */
  whole: string | null;
  weight: number;
}

export interface LookUp<T> {
  /** What was remembered for the same bytes. */
  readonly known: First<T> | null;
  /** Remembers for these bytes; what `value` takes, in bytes, may be known later. For bytes that are not known. */
  remember(value: T, weight?: Promise<number>): void;
}

export class Duplicates<T> {
  /** The first of a header; `several` once there was another content with it, and then all have their sum. */
  readonly #byHeader = new Map<number, Seen<T> | 'several'>();
  readonly #byWhole = new Map<string, Seen<T>>();
  /** In the order in which they came. */
  readonly #all = new Set<Seen<T>>();
  readonly #buffer = new ImageBuffer();
  readonly #most: number;
  #weight = 0;

  constructor(most = MOST_REMEMBERED) {
    this.#most = most;
  }

  lookUp(path: string, read: ReadSuccess): LookUp<T> {
    const { bytes, identity } = read;
    const header = headerKey(bytes);
    const alike = this.#byHeader.get(header);
    // Nearly always it is the same file again, and then comparing is all that there is to do.
    if (typeof alike === 'object' && this.#isSame(alike, read)) return { known: alike, remember: () => undefined };
    const whole = alike === undefined ? null : wholeKey(header, bytes);
    if (typeof alike === 'object') this.#giveSum(alike);
    const seen = whole === null ? undefined : this.#byWhole.get(whole);
    if (seen !== undefined && this.#isSame(seen, read)) return { known: seen, remember: () => undefined };
    if (seen !== undefined) this.#forget(seen); // its file has changed or gone, or the sums are equal by chance: the newer one takes its place
    return {
      known: null,
      remember: (value, weight) => this.#add({ path, identity, value, header, whole, weight: OVERHEAD }, weight),
    };
  }

  #add(seen: Seen<T>, weight: Promise<number> | undefined): void {
    this.#byHeader.set(seen.header, seen.whole === null ? seen : 'several');
    if (seen.whole !== null) this.#byWhole.set(seen.whole, seen);
    this.#all.add(seen);
    this.#weight += seen.weight;
    this.#weigh(seen, 0);
    weight?.then(
      (more) => this.#weigh(seen, more),
      () => this.#forget(seen),
    );
  }

  #weigh(seen: Seen<T>, more: number): void {
    if (!this.#all.has(seen)) return;
    this.#weight += more;
    seen.weight += more;
    for (const oldest of this.#all) {
      if (this.#weight <= this.#most) break;
      this.#forget(oldest);
    }
  }

  #forget(seen: Seen<T>): void {
    if (this.#byHeader.get(seen.header) === seen) this.#byHeader.delete(seen.header);
    if (seen.whole !== null && this.#byWhole.get(seen.whole) === seen) this.#byWhole.delete(seen.whole);
    if (this.#all.delete(seen)) this.#weight -= seen.weight;
  }

  #giveSum(first: Seen<T>): void {
    const bytes = this.#readAgain(first);
    if (bytes === null) {
      this.#forget(first);
      return;
    }
    first.whole = wholeKey(first.header, bytes);
    this.#byWhole.set(first.whole, first);
    this.#byHeader.set(first.header, 'several');
  }

  #isSame(seen: Seen<T>, { bytes, identity }: ReadSuccess): boolean {
    if (isSameFile(seen.identity, identity)) return true; // a hard link, or another path to it
    const before = this.#readAgain(seen);
    return before !== null && Buffer.compare(before, bytes) === 0;
  }

  /** Null where it is not what it was. */
  #readAgain({ path, identity }: Seen<T>): Uint8Array | null {
    const read = readImage(path, this.#buffer);
    return read.ok && isSameFile(read.identity, identity) ? read.bytes : null;
  }
}

/** Equal for equal files; different ones that share it are told apart later. Beyond 2 MB the sum loses bits. */
function headerKey(bytes: Uint8Array): number {
  const words = Math.min(bytes.length, HEADER_LENGTH) >>> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, words * 4);
  let hash = 0;
  for (let at = 0; at < view.byteLength; at += 4)
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193) ^ (hash >>> 15);
  return bytes.length * 2 ** 32 + (hash >>> 0);
}

/** A sum, not a CRC, which takes six times as long: what is changed by chance changes it, and bytes are compared in the end. */
const wholeKey = (header: number, bytes: Uint8Array): string => `${header}:${sumOfWords(bytes)}`;

const isSameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;

/**
 * Recognises bytes that were seen before. Hashing every file would cost a good part of what the image rules cost, so a
 * file is told from others by its size and its first bytes (the linker's time stamp and checksum are among them), by the
 * sum of the whole where several differ in what follows, and the bytes are compared before two files are called the same.
 */
import { statSync } from 'node:fs';
import { sumOfWords } from '../../fixer/pe/checksum.js';
import {
  type FileIdentity,
  ImageBuffer,
  identityOf,
  isSameIdentity,
  type ReadSuccess,
  readImage,
} from '../files/read.js';

const HEADER_LENGTH = 1024;
/** Bytes that may be remembered, roughly; beyond that the oldest are forgotten. */
const MOST_REMEMBERED = 16 * 2 ** 20;
/** What a file takes here without its value, measured on 100,000 files: identity, keys, promises and their collection. */
const OVERHEAD = 1500;
const WORTH_KEEPING = 2 ** 18;

export interface First<T> {
  readonly path: string;
  readonly value: T;
}

interface Seen<T> {
  readonly path: string;
  value: T;
  /** Kept from its second time on, where they are few: a folder of copies has more of them. */
  bytes: Uint8Array | null;
  readonly identity: FileIdentity;
  /** SHA-256 of bytes that cannot be read again: those of a member of an archive. */
  readonly digest: string | null;
  readonly header: number;
  /** Null until another content has the same header. */
  whole: string | null;
  weight: number;
}

export interface LookUp<T> {
  /** What was remembered for the same bytes. */
  readonly known: First<T> | null;
  /** Remembers for these bytes, in place of what was `known`; what `value` takes, in bytes, may be known later. */
  remember(value: T, weight?: number | Promise<number>): void;
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

  /** @param isMember of an archive: there is no file to compare with later */
  lookUp(path: string, read: ReadSuccess, isMember = false): LookUp<T> {
    const { bytes, identity } = read;
    const header = headerKey(bytes);
    const alike = this.#byHeader.get(header);
    // Nearly always it is the same file again, and then comparing is all that there is to do.
    if (typeof alike === 'object' && this.#isSame(alike, read)) return this.#known(alike);
    const whole = alike === undefined && !isMember ? null : wholeKey(header, bytes);
    if (typeof alike === 'object') this.#giveSum(alike);
    const seen = whole === null ? undefined : this.#byWhole.get(whole);
    if (seen !== undefined && this.#isSame(seen, read)) return this.#known(seen);
    // Its file has changed or gone, or the sums are equal by chance: the newer one takes its place.
    if (seen !== undefined) this.#forget(seen);
    return {
      known: null,
      remember: (value, weight) => {
        const digest = isMember ? sha256(bytes) : null;
        const added = { path, value, bytes: null, identity, digest, header, whole, weight: 0 };
        this.#add(added);
        this.#weigh(added, OVERHEAD);
        this.#weighLater(added, weight);
      },
    };
  }

  #known(seen: Seen<T>): LookUp<T> {
    return {
      known: { path: seen.path, value: seen.value },
      remember: (value, weight) => {
        seen.value = value;
        this.#weighLater(seen, weight);
      },
    };
  }

  #add(seen: Seen<T>): void {
    this.#byHeader.set(seen.header, seen.whole === null ? seen : 'several');
    if (seen.whole !== null) this.#byWhole.set(seen.whole, seen);
    this.#all.add(seen);
  }

  #weighLater(seen: Seen<T>, weight: number | Promise<number> = 0): void {
    if (typeof weight === 'number') return this.#weigh(seen, weight);
    weight.then(
      (more) => this.#weigh(seen, more),
      () => this.#forget(seen),
    );
  }

  #weigh(seen: Seen<T>, more: number): void {
    if (!this.#all.has(seen)) return;
    this.#weight += more;
    seen.weight += more;
    if (this.#weight > this.#most) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const oldest of this.#all) {
      this.#forget(oldest);
      if (this.#weight <= this.#most) return;
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
    if (seen.digest !== null) return seen.digest === sha256(bytes);
    if (seen.bytes !== null) return Buffer.compare(seen.bytes, bytes) === 0 && isUnchanged(seen);
    const before = this.#readAgain(seen);
    if (before === null || Buffer.compare(before, bytes) !== 0) return false;
    if (before.length <= WORTH_KEEPING) {
      seen.bytes = before.slice();
      this.#weigh(seen, before.length);
    }
    return true;
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

/** Loaded for archives only. */
const sha256 = (bytes: Uint8Array): string =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest('hex');

/** The file at `path` is the one that was read, and nobody has written to it. */
function isUnchanged({ path, identity }: { readonly path: string; readonly identity: FileIdentity }): boolean {
  try {
    return isSameFile(identity, identityOf(statSync(path, { bigint: true })));
  } catch {
    return false;
  }
}

/** Some network and foreign file systems number no files: there nothing tells a file from another of its size and time. */
const isSameFile = (a: FileIdentity, b: FileIdentity): boolean => a.ino !== 0n && isSameIdentity(a, b);

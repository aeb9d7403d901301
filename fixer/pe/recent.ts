/** What is known of the images that were last asked about. */
import type { Image } from './image.js';

/** A fix asks about the image that it was given and the one that it made of it. */
const MOST = 2;

/**
 * In place of a WeakMap: that holds what it maps to until V8 collects its whole heap, not only its young part, so in a
 * scan most of what images leave behind was copied about and grew old.
 */
export class Recent<T> {
  readonly #entries: { readonly image: Image; readonly value: T }[] = [];

  get(image: Image): T | null {
    return this.#entries.find((entry) => entry.image === image)?.value ?? null;
  }

  /** What is known, or what `make` finds, which is known from then on. */
  of(image: Image, make: (image: Image) => T): T {
    const known = this.get(image);
    if (known !== null) return known;
    const made = make(image);
    this.set(image, made);
    return made;
  }

  /** Nobody will ask about those images again. */
  clear(): void {
    this.#entries.length = 0;
  }

  set(image: Image, value: T): void {
    const index = this.#entries.findIndex((entry) => entry.image === image);
    if (index >= 0) this.#entries.splice(index, 1);
    else if (this.#entries.length === MOST) this.#entries.shift();
    this.#entries.push({ image, value });
  }
}

/** ASN.1 as the signature readers use it: @lapo/asn1js decodes, within limits, and nothing throws. */
import { ASN1 } from '@lapo/asn1js';

/** A catalog has some 40 elements for each file; a driver package has a few hundred files, rarely a thousand. */
const MOST_ELEMENTS = 500_000;

export const OCTET_STRING = 0x04;
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const CONTEXT_0 = 0xa0;

export interface Der {
  /** The byte it begins with: class, constructed bit and number; -1 where the number does not fit. */
  readonly identifier: number;
  /** Of the content, in the bytes that were parsed. */
  readonly start: number;
  readonly end: number;
  readonly children: readonly Der[];
}

/** Null for what is no DER or BER, has more elements than any signature, or nests deeper than the stack. */
export function parseDer(bytes: Uint8Array): Der | null {
  let left = MOST_ELEMENTS;
  class Element extends ASN1 implements Der {
    readonly start: number;
    readonly end: number;
    // The decoder calls it without a class for what is inside.
    static override decode(input: unknown, offset?: number): Element {
      return ASN1.decode(input, offset, Element) as Element;
    }
    constructor(...args: ConstructorParameters<typeof ASN1>) {
      super(...args);
      if (--left < 0) throw new RangeError('too many elements');
      this.start = this.posContent();
      this.end = this.posEnd();
      // Each has a stream of its own, which would be most of its memory.
      this.stream = null;
    }
    // The decoder asks for it to see whether an OCTET STRING holds DER; huge integers would take it minutes to print.
    override content(): null {
      return null;
    }
    get identifier(): number {
      const { tagClass, tagConstructed, tagNumber } = this.tag;
      const small = typeof tagNumber === 'number' && tagNumber < 0x1f;
      return small ? (tagClass << 6) | (tagConstructed ? 0x20 : 0) | tagNumber : -1;
    }
    get children(): readonly Der[] {
      return (this.sub ?? []) as unknown as readonly Der[];
    }
  }
  try {
    return Element.decode(bytes, 0);
  } catch {
    return null;
  }
}

/** The child of that index and tag. */
export function child(der: Der | undefined, index: number, tag: number): Der | undefined {
  const found = der?.children[index];
  return found?.identifier === tag ? found : undefined;
}

/** The only element inside `der`, of that tag: explicit tagging, or a SET OF one. */
export const only = (der: Der | undefined, tag: number): Der | undefined =>
  der?.children.length === 1 ? child(der, 0, tag) : undefined;

export const contentOf = (bytes: Uint8Array, der: Der): Uint8Array => bytes.subarray(der.start, der.end);

/** `1.3.6.1.4.1.311.10.1`; null where `der` is no object identifier or one with a part of more than 28 bits. */
export function oidOf(bytes: Uint8Array, der: Der | undefined): string | null {
  if (der?.identifier !== 0x06 || der.end - der.start > 64) return null;
  const parts: number[] = [];
  let part = 0;
  let length = 0;
  for (const byte of contentOf(bytes, der)) {
    if (++length > 4) return null;
    part = (part << 7) | (byte & 0x7f);
    if (byte & 0x80) continue;
    if (parts.length === 0)
      parts.push(Math.min(Math.floor(part / 40), 2), part - 40 * Math.min(Math.floor(part / 40), 2));
    else parts.push(part);
    part = 0;
    length = 0;
  }
  return length === 0 && parts.length > 0 ? parts.join('.') : null;
}

/** ASN.1 as the signature readers use it: @lapo/asn1js decodes, within limits, and nothing throws. */
import { ASN1 } from '@lapo/asn1js';

/** A Windows catalog of 20,000 members has about 600,000 elements; each costs some 200 bytes of memory. */
const MOST_ELEMENTS = 2_000_000;

export const OCTET_STRING = 0x04;
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const CONTEXT_0 = 0xa0;

export interface Der {
  /** First byte of the identifier: class, constructed bit and number; -1 where the number does not fit. */
  readonly tag: number;
  /** Of the content, in the bytes that were parsed. */
  readonly start: number;
  readonly end: number;
  readonly children: readonly Der[];
}

/** Null for what is no DER or BER, has more elements than any signature, or nests deeper than the stack. */
export function parseDer(bytes: Uint8Array): Der | null {
  let left = MOST_ELEMENTS;
  class Element extends ASN1 {
    constructor(...args: ConstructorParameters<typeof ASN1>) {
      super(...args);
      if (--left < 0) throw new RangeError('too many elements');
    }
    // The decoder asks for it to see whether an OCTET STRING holds DER; huge integers would take it minutes to print.
    override content(): null {
      return null;
    }
  }
  try {
    return view(ASN1.decode(bytes, 0, Element));
  } catch {
    return null;
  }
}

function view(element: ASN1): Der {
  const { tagClass, tagConstructed, tagNumber } = element.tag;
  const small = typeof tagNumber === 'number' && tagNumber < 0x1f;
  return {
    tag: small ? (tagClass << 6) | (tagConstructed ? 0x20 : 0) | tagNumber : -1,
    start: element.posContent(),
    end: element.posEnd(),
    children: element.sub === null ? [] : element.sub.map(view),
  };
}

/** The child of that index and tag. */
export function child(der: Der | undefined, index: number, tag: number): Der | undefined {
  const found = der?.children[index];
  return found?.tag === tag ? found : undefined;
}

/** The only element inside `der`, of that tag: explicit tagging, or a SET OF one. */
export const only = (der: Der | undefined, tag: number): Der | undefined =>
  der?.children.length === 1 ? child(der, 0, tag) : undefined;

export const contentOf = (bytes: Uint8Array, der: Der): Uint8Array => bytes.subarray(der.start, der.end);

/** `1.3.6.1.4.1.311.10.1`; null where `der` is no object identifier or one with a part of more than 28 bits. */
export function oidOf(bytes: Uint8Array, der: Der | undefined): string | null {
  if (der?.tag !== 0x06 || der.end - der.start > 64) return null;
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

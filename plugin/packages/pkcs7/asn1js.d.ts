/** What we use of @lapo/asn1js, which has no declarations of its own. */
declare module '@lapo/asn1js' {
  export class ASN1 {
    constructor(stream: unknown, header: number, length: number, tag: unknown, tagLength: number, sub: ASN1[] | null);
    readonly tag: { readonly tagClass: number; readonly tagConstructed: boolean; readonly tagNumber: number | bigint };
    stream: unknown;
    readonly sub: ASN1[] | null;
    posContent(): number;
    posEnd(): number;
    content(maximum?: number): string | null;
    /** `input`: bytes, or a stream of the decoder's own. */
    static decode(input: unknown, offset?: number, type?: typeof ASN1): ASN1;
  }
}

/** COFF symbol table and string table, as GNU ld leaves them. Layout: PE specification, "COFF Symbol Table". */
export interface CoffSymbolSpec {
  readonly name: string;
  readonly value: number;
  /** One-based. */
  readonly section: number;
  readonly type?: number;
  readonly storageClass?: number;
}

/** Symbols, strings, and the section names that are too long for eight bytes as `/offset`; null where neither is needed. */
export function coffTail(
  symbols: readonly CoffSymbolSpec[],
  sectionNames: readonly string[],
): { readonly bytes: Uint8Array; readonly sectionNames: readonly (Uint8Array | undefined)[] } | null {
  const strings: number[] = [0, 0, 0, 0];
  const intern = (text: string): number => {
    const at = strings.length;
    strings.push(...encode(text), 0);
    return at;
  };
  const long = sectionNames.map((name) => (name.length > 8 ? encode(`/${intern(name)}`) : undefined));
  if (symbols.length === 0 && long.every((name) => name === undefined)) return null;
  const table = new Uint8Array(symbols.length * 18);
  const view = new DataView(table.buffer);
  symbols.forEach(({ name, value, section, type, storageClass }, index) => {
    const at = index * 18;
    if (name.length > 8) view.setUint32(at + 4, intern(name), true);
    else table.set(encode(name), at);
    view.setUint32(at + 8, value, true);
    view.setInt16(at + 12, section, true);
    view.setUint16(at + 14, type ?? 0, true);
    view.setUint8(at + 16, storageClass ?? 2);
  });
  const tail = Uint8Array.from([...table, ...strings]);
  new DataView(tail.buffer).setUint32(table.length, strings.length, true);
  return { bytes: tail, sectionNames: long };
}

const encode = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);

/** Huffman codes and the bit stream for lzx-packer.ts. */

export interface Symbols {
  readonly list: readonly {
    readonly main: number;
    readonly long?: number;
    readonly aligned?: number;
    readonly footer: number;
    readonly slot?: number;
    readonly size: number;
  }[];
  readonly recent: number[];
}

/** Code lengths for how often each symbol occurs; flatter counts until none is longer than `longest`. */
export function lengthsOf(used: readonly number[], count: number, longest: number): Uint8Array<ArrayBuffer> {
  const often = new Array<number>(count).fill(0);
  for (const symbol of used) often[symbol] = (often[symbol] as number) + 1;
  // A code needs two symbols to be complete.
  for (let symbol = 0; often.filter((times) => times > 0).length < 2; symbol++) often[symbol] ||= 1;
  for (let flatter = 0; ; flatter++) {
    const lengths = new Uint8Array(count);
    let nodes = often.flatMap((times, symbol) =>
      times === 0 ? [] : [{ times: Math.ceil(times / 2 ** flatter), symbols: [symbol] }],
    );
    while (nodes.length > 1) {
      nodes.sort((a, b) => a.times - b.times);
      const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
      for (const symbol of [...a.symbols, ...b.symbols]) lengths[symbol] = (lengths[symbol] as number) + 1;
      nodes = [{ times: a.times + b.times, symbols: [...a.symbols, ...b.symbols] }, ...nodes.slice(2)];
    }
    if (Math.max(...lengths) <= longest) return lengths;
  }
}

export interface Codes {
  readonly lengths: Uint8Array;
  readonly codes: readonly number[];
}

export function codesOf(lengths: Uint8Array): Codes {
  const codes = new Array<number>(lengths.length).fill(0);
  let code = 0;
  for (let length = 1; length <= 16; length++) {
    for (const [symbol, own] of lengths.entries()) if (own === length) codes[symbol] = code++;
    code *= 2;
  }
  return { lengths, codes };
}

export function bitsOf() {
  let bytes: number[] = [];
  let word = 0;
  let count = 0;
  const out = {
    bits(value: number, width: number): void {
      for (let bit = width - 1; bit >= 0; bit--) {
        word = (word << 1) | ((value >>> bit) & 1);
        if (++count === 16) {
          bytes.push(word & 0xff, word >>> 8);
          word = 0;
          count = 0;
        }
      }
    },
    wide(value: number, width: number): void {
      if (width > 16) out.bits(value >>> 16, width - 16);
      out.bits(value & 0xffff, Math.min(width, 16));
    },
    code({ lengths, codes }: Codes, symbol: number): void {
      out.bits(codes[symbol] as number, lengths[symbol] as number);
    },
    alignForBytes(): void {
      out.bits(0, 16 - count);
    },
    byte(value: number): void {
      bytes.push(value);
    },
    uint32(value: number): void {
      bytes.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
    },
    takeFrame(): Buffer {
      if (count > 0) out.bits(0, 16 - count);
      const frame = Buffer.from(bytes);
      bytes = [];
      return frame;
    },
    /** Differences to the lengths before, with runs, behind a pre-tree. */
    lengths(before: Uint8Array, now: Uint8Array): void {
      const items: { symbol: number; extra?: readonly [number, number]; repeated?: number }[] = [];
      for (let at = 0; at < now.length; ) {
        let run = 1;
        while (at + run < now.length && now[at + run] === now[at]) run++;
        const difference = ((before[at] as number) - (now[at] as number) + 17) % 17;
        if (now[at] === 0 && run >= 20) {
          run = Math.min(run, 51);
          items.push({ symbol: 18, extra: [run - 20, 5] });
        } else if (now[at] === 0 && run >= 4) {
          run = Math.min(run, 19);
          items.push({ symbol: 17, extra: [run - 4, 4] });
        } else if (run >= 4) {
          run = Math.min(run, 5);
          items.push({ symbol: 19, extra: [run - 4, 1], repeated: difference });
        } else {
          run = 1;
          items.push({ symbol: difference });
        }
        at += run;
      }
      const used = items.flatMap(({ symbol, repeated }) => (repeated === undefined ? [symbol] : [symbol, repeated]));
      const tree = codesOf(lengthsOf(used, 20, 15));
      for (const length of tree.lengths) out.bits(length, 4);
      for (const { symbol, extra, repeated } of items) {
        out.code(tree, symbol);
        if (extra !== undefined) out.bits(...(extra as [number, number]));
        if (repeated !== undefined) out.code(tree, repeated);
      }
    },
  };
  return out;
}

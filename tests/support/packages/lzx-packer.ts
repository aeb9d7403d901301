/**
 * Packs with LZX, badly but in every form the format has: the three block types by turns, blocks that end inside frames,
 * repeated offsets, long matches, translated calls. cabextract and 7z must be able to unpack it.
 */
import { bitsOf, codesOf, lengthsOf, type Symbols } from './lzx-codes.js';

const FRAME = 32768;
const SLOTS = [30, 32, 34, 36, 38, 42, 50];
const footerBits = (slot: number): number => (slot < 4 ? 0 : Math.min((slot >> 1) - 1, 17));
const BASE: number[] = [0];
for (let slot = 0; slot < 50; slot++) BASE.push((BASE[slot] as number) + 2 ** footerBits(slot));

/** A literal where `length` is 1. */
interface Token {
  readonly at: number;
  readonly length: number;
  readonly offset: number;
}

interface Frame {
  readonly bytes: Buffer;
  readonly length: number;
}

/** `translate`: what is claimed of the whole for the call translation; 0 for none. */
export function packLzx(input: Buffer, windowBits: number, translate = input.length): Frame[] {
  const all = translate === 0 ? input : translated(input, translate);
  const out = bitsOf();
  const frames: Frame[] = [];
  let produced = 0;
  const advance = (length: number): void => {
    produced += length;
    if (produced % FRAME === 0 || produced === all.length)
      frames.push({ bytes: out.takeFrame(), length: produced % FRAME || FRAME });
  };
  out.bits(translate === 0 ? 0 : 1, 1);
  if (translate !== 0) {
    out.bits(translate >>> 16, 16);
    out.bits(translate & 0xffff, 16);
  }
  const main = { lengths: new Uint8Array(256 + 8 * (SLOTS[windowBits - 15] as number)) };
  const long = { lengths: new Uint8Array(249) };
  let recent: number[] = [1, 1, 1];
  const tokens = tokensOf(all, 1 << windowBits);
  for (let first = 0, block = 0; first < tokens.length; block++) {
    const type = [1, 2, 3, 2, 1][block % 5] as 1 | 2 | 3;
    // Odd sizes, so that blocks end inside frames, and some that hold several.
    const wanted = [20_001, 70_000, 9_999, 150_003, 40_000][block % 5] as number;
    let last = first;
    let size = 0;
    while (last < tokens.length && size < wanted) size += (tokens[last++] as Token).length;
    const part = tokens.slice(first, last);
    first = last;
    out.bits(type, 3);
    out.bits(size >>> 8, 16);
    out.bits(size & 0xff, 8);
    if (type === 3) {
      out.alignForBytes();
      for (const offset of recent) out.uint32(offset);
      for (const byte of all.subarray(produced, produced + size)) {
        out.byte(byte);
        advance(1);
      }
      if (size % 2 === 1 && produced < all.length) out.byte(0);
      continue;
    }
    const symbols = symbolsOf(part, all, recent);
    recent = symbols.recent;
    const aligned =
      type === 2
        ? lengthsOf(
            symbols.list.flatMap((each) => each.aligned ?? []),
            8,
            7,
          )
        : null;
    if (aligned !== null) for (const length of aligned) out.bits(length, 3);
    const mainLengths = lengthsOf(
      symbols.list.map((each) => each.main),
      main.lengths.length,
      16,
    );
    const longLengths = lengthsOf(
      symbols.list.flatMap((each) => each.long ?? []),
      249,
      16,
    );
    out.lengths(main.lengths.subarray(0, 256), mainLengths.subarray(0, 256));
    out.lengths(main.lengths.subarray(256), mainLengths.subarray(256));
    out.lengths(long.lengths, longLengths);
    main.lengths = mainLengths;
    long.lengths = longLengths;
    const [mainCodes, longCodes] = [codesOf(mainLengths), codesOf(longLengths)];
    const alignedCodes = aligned === null ? null : codesOf(aligned);
    for (const { main: symbol, long: length, aligned: low, footer, slot, size: bytes } of symbols.list) {
      out.code(mainCodes, symbol);
      if (length !== undefined) out.code(longCodes, length);
      const count = slot === undefined || slot < 3 ? 0 : footerBits(slot);
      if (alignedCodes !== null && low !== undefined) {
        out.wide(footer >>> 3, count - 3);
        out.code(alignedCodes, low);
      } else out.wide(footer, count);
      advance(bytes);
    }
  }
  return frames;
}

function symbolsOf(part: readonly Token[], all: Buffer, before: readonly number[]): Symbols {
  let [r0 = 1, r1 = 1, r2 = 1] = before;
  const list = part.map(({ at, length, offset }) => {
    if (length === 1) return { main: all[at] as number, footer: 0, size: 1 };
    let slot = [r0, r1, r2].indexOf(offset);
    let footer = 0;
    if (slot === 1) [r0, r1] = [r1, r0];
    else if (slot === 2) [r0, r2] = [r2, r0];
    else if (slot < 0) {
      slot = 3;
      while ((BASE[slot + 1] as number) <= offset + 2) slot++;
      footer = offset + 2 - (BASE[slot] as number);
      [r0, r1, r2] = [offset, r0, r1];
    }
    const header = Math.min(length - 2, 7);
    const aligned = slot >= 3 && footerBits(slot) >= 3 ? { aligned: footer & 7 } : {};
    const long = header === 7 ? { long: length - 9 } : {};
    return { main: 256 + slot * 8 + header, footer, slot, size: length, ...aligned, ...long };
  });
  return { list, recent: [r0, r1, r2] };
}

/** Greedy matches by the last place of each three bytes; none goes over the end of a frame. */
function tokensOf(all: Buffer, window: number): Token[] {
  const places = new Map<number, number>();
  const tokens: Token[] = [];
  for (let at = 0; at < all.length; ) {
    const most = Math.min(257, FRAME - (at % FRAME), all.length - at);
    const key = at + 3 <= all.length ? all.readUIntLE(at, 3) : -1;
    const place = places.get(key);
    let length = 1;
    if (place !== undefined && at - place <= window - 3) {
      length = 0;
      while (length < most && all[place + length] === all[at + length]) length++;
    }
    length = length < 2 ? 1 : length;
    tokens.push({ at, length, offset: length === 1 ? 0 : at - (place as number) });
    for (const end = at + length; at < end; at++) if (at + 3 <= all.length) places.set(all.readUIntLE(at, 3), at);
  }
  return tokens;
}

/** Operands of calls, relative to the next instruction, made absolute: what the unpacker takes back. */
function translated(input: Buffer, size: number): Buffer {
  const all = Buffer.from(input);
  for (let start = 0; start < all.length; start += FRAME) {
    const end = Math.min(start + FRAME, all.length);
    for (let at = start; at < end - 10; at++) {
      if (all[at] !== 0xe8) continue;
      const relative = all.readInt32LE(at + 1);
      if (relative >= -at && relative < size) {
        const absolute = relative < size - at ? relative + at : relative - size;
        all.writeInt32LE(absolute, at + 1);
      }
      at += 4;
    }
  }
  return all;
}

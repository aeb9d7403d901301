/** The CFDATA blocks of one cabinet folder, checked and unpacked one by one. Source: MS-CAB, section 2.4 and 3.1. */
import type { RandomAccess } from '../random-access.js';
import type { CabFolder } from './header.js';
import { LzxDecoder } from './lzx.js';
import { mszipDecoder } from './mszip.js';

/** An MSZIP block may grow by 12 bytes, an LZX one by 6144. */
const LARGEST_BLOCK = 32768 + 6144;
const LARGEST_OUTPUT = 32768;

export const METHOD_NAMES = ['stored', 'MSZIP', 'Quantum', 'LZX'] as const;

/** Unpacks a block to `length` bytes; the result is good until the next call. Throws a DecodeError. */
export type BlockDecoder = (packed: Uint8Array, length: number) => Uint8Array;

/** The compressed data contradicts itself. Thrown and caught within `plugin/packages/cab`. */
export class DecodeError extends Error {}

/** Null for a method that is not known. */
export function decoderFor({ method, windowBits }: CabFolder): BlockDecoder | null {
  switch (method) {
    case 0:
      return (packed, length) => {
        if (packed.length !== length) throw new DecodeError(`a stored block has ${packed.length} bytes, not ${length}`);
        return packed;
      };
    case 1:
      return mszipDecoder();
    case 3: {
      if (windowBits < 15 || windowBits > 21) return null;
      const decoder = new LzxDecoder(windowBits);
      return (packed, length) => decoder.frame(packed, length);
    }
    default:
      return null;
  }
}

/** The folder's unpacked bytes, block by block. Throws a DecodeError that says at which offset the cabinet is broken. */
export function* unpackedBlocks(
  file: RandomAccess,
  folder: CabFolder,
  dataReserve: number,
  decode: BlockDecoder,
): Generator<Uint8Array> {
  let offset = folder.dataOffset;
  for (let index = 0; index < folder.dataBlocks; index++) {
    const header = file.read(offset, 8);
    if (header.length < 8) throw new DecodeError(`it ends at offset ${offset}, inside data block ${index}`);
    const size = header.readUInt16LE(4);
    const length = header.readUInt16LE(6);
    if (size > LARGEST_BLOCK || length > LARGEST_OUTPUT)
      throw new DecodeError(`data block ${index} at offset ${offset} claims ${size} bytes, ${length} unpacked`);
    // 0: goes on in the next cabinet of the set.
    if (length === 0) throw new DecodeError(`data block ${index} at offset ${offset} goes on in another cabinet`);
    const packed = file.read(offset + 8 + dataReserve, size);
    if (packed.length < size) throw new DecodeError(`it ends at offset ${file.size}, inside data block ${index}`);
    const stored = header.readUInt32LE(0);
    const sum = cabChecksum(header.subarray(4, 8), cabChecksum(packed, 0));
    // Microsoft's sample counts the reserved bytes, other tools do not.
    const withReserve = dataReserve === 0 ? sum : cabChecksum(file.read(offset + 8, dataReserve), sum);
    if (stored !== 0 && stored !== sum && stored !== withReserve)
      throw new DecodeError(`the checksum of data block ${index} at offset ${offset} is wrong`);
    yield decode(packed, length);
    offset += 8 + dataReserve + size;
  }
}

/** The exclusive or of little-endian words; what is left at the end counts with its last byte lowest. */
export function cabChecksum(bytes: Uint8Array, seed: number): number {
  let sum = seed;
  const whole = bytes.length - (bytes.length % 4);
  for (let at = 0; at < whole; at += 4) {
    sum ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
  }
  let rest = 0;
  for (let at = whole; at < bytes.length; at++) rest = (rest << 8) | (bytes[at] as number);
  return (sum ^ rest) >>> 0;
}

/** Builds cabinets. Layouts are typed from MS-CAB and MS-MCI; cabextract and 7z judge the result in the tests. */
import { deflateRawSync } from 'node:zlib';
import { packLzx } from './lzx-packer.js';

export const BLOCK = 32768;

export interface CabSpec {
  readonly folders: readonly {
    readonly method: 'stored' | 'mszip' | 'lzx' | number;
    readonly windowBits?: number;
    readonly files: readonly { readonly name: string; readonly data: Uint8Array; readonly size?: number }[];
  }[];
  /** Bytes reserved in the header, each folder and each data block. */
  readonly reserve?: readonly [number, number, number];
  readonly checksums?: boolean;
}

export function buildCab({ folders, reserve = [0, 0, 0], checksums = true }: CabSpec): Buffer {
  const reserved = reserve.some((size) => size > 0);
  const [headerReserve, folderReserve, dataReserve] = reserve;
  const packed = folders.map(({ method, windowBits = 15, files }) => {
    const all = Buffer.concat(files.map(({ data }) => data));
    return { type: typeOf(method, windowBits), blocks: pack(method, windowBits, all), files };
  });
  const names = packed.flatMap(({ files }, folder) => {
    let start = 0;
    return files.map(({ name, data, size = data.length }) => {
      const header = Buffer.alloc(16);
      header.writeUInt32LE(size, 0);
      header.writeUInt32LE(start, 4);
      header.writeUInt16LE(folder, 8);
      header.writeUInt16LE(0x5a21, 10);
      header.writeUInt16LE(0x20, 14);
      start += data.length;
      return Buffer.concat([header, Buffer.from(`${name}\0`, 'latin1')]);
    });
  });
  const headerSize = 36 + (reserved ? 4 + headerReserve : 0);
  const filesOffset = headerSize + packed.length * (8 + folderReserve);
  let dataOffset = filesOffset + names.reduce((sum, { length }) => sum + length, 0);
  const folderHeaders: Buffer[] = [];
  const data: Buffer[] = [];
  for (const { type, blocks } of packed) {
    const header = Buffer.alloc(8 + folderReserve);
    header.writeUInt32LE(dataOffset, 0);
    header.writeUInt16LE(blocks.length, 4);
    header.writeUInt16LE(type, 6);
    folderHeaders.push(header);
    for (const { bytes, length } of blocks) {
      const block = dataBlock(bytes, length, dataReserve, checksums);
      data.push(block);
      dataOffset += block.length;
    }
  }
  const header = Buffer.alloc(headerSize);
  header.write('MSCF', 0, 'latin1');
  header.writeUInt32LE(dataOffset, 8);
  header.writeUInt32LE(filesOffset, 16);
  header[24] = 3;
  header[25] = 1;
  header.writeUInt16LE(packed.length, 26);
  header.writeUInt16LE(names.length, 28);
  header.writeUInt16LE(reserved ? 4 : 0, 30);
  if (reserved) {
    header.writeUInt16LE(headerReserve, 36);
    header[38] = folderReserve;
    header[39] = dataReserve;
  }
  return Buffer.concat([header, ...folderHeaders, ...names, ...data]);
}

const typeOf = (method: CabSpec['folders'][number]['method'], windowBits: number): number =>
  typeof method === 'number' ? method : { stored: 0, mszip: 1, lzx: 3 | (windowBits << 8) }[method];

interface Block {
  readonly bytes: Buffer;
  /** Unpacked. */
  readonly length: number;
}

function pack(method: CabSpec['folders'][number]['method'], windowBits: number, all: Buffer): Block[] {
  if (method === 'lzx') return packLzx(all, windowBits);
  const blocks: Block[] = [];
  for (let at = 0; at < all.length; at += BLOCK) {
    const part = all.subarray(at, at + BLOCK);
    const dictionary = all.subarray(Math.max(0, at - BLOCK), at);
    const deflated = (): Buffer => deflateRawSync(part, dictionary.length === 0 ? {} : { dictionary });
    const bytes = method === 'mszip' ? Buffer.concat([Buffer.from('CK'), deflated()]) : part;
    blocks.push({ bytes, length: part.length });
  }
  return blocks;
}

function dataBlock(bytes: Buffer, length: number, reserve: number, checksums: boolean): Buffer {
  const block = Buffer.concat([Buffer.alloc(8 + reserve), bytes]);
  block.writeUInt16LE(bytes.length, 4);
  block.writeUInt16LE(length, 6);
  block.writeUInt32LE(checksums ? checksum(bytes, block.readUInt32LE(4)) : 0, 0);
  return block;
}

/** MS-CAB 3.1: over the data, then the two lengths; reserved bytes are zero here and count for nothing. */
function checksum(data: Buffer, lengths: number): number {
  let sum = lengths;
  const whole = data.length - (data.length % 4);
  for (let at = 0; at < whole; at += 4) sum = (sum ^ data.readUInt32LE(at)) >>> 0;
  const rest = [...data.subarray(whole)].reduce((value, byte) => value * 256 + byte, 0);
  return (sum ^ rest) >>> 0;
}

/**
 * The multi-stream file (MSF 7.00) that holds a PDB: fixed-size blocks, and a directory that says which blocks make up
 * which stream. Source: LLVM's documentation, "The MSF File Format".
 */
import { failed, type Parsed, parsed } from '../errors.js';
import { u32 } from './little-endian.js';

const magic = 'Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0';
const superBlockSize = 56;
const noStream = 0xffffffff;

/** One stream. `bytes` may be a view of the file (blocks in a row) or a copy; treat it as read only. */
export interface MsfStream {
  readonly number: number;
  readonly bytes: Uint8Array;
  /** The file offset of a byte of the stream, for errors that a reader can check in a hex editor. */
  fileOffset(offset: number): number;
}

export interface Msf {
  readonly blockSize: number;
  readonly streamCount: number;
  /** Length in bytes, or null for a stream that does not exist (number out of range, or marked absent). */
  streamLength(number: number): number | null;
  /** Assembles a stream. Nothing is kept here: callers hold what they need. */
  stream(number: number): Parsed<MsfStream>;
}

/**
 * Reads the super block and the stream directory.
 *
 * Blocks belong to one stream each, so the streams together can be no larger than the file. Holding a file to that
 * bounds the memory that all later reads can take, whatever the directory claims.
 *
 * @param bytes the whole PDB file; kept, not copied
 * @returns `malformed` for another kind of file or a directory that contradicts itself, `unsupported` for older PDBs
 *   and portable (.NET) PDBs, `truncated` for a file cut short
 */
export function openMsf(bytes: Uint8Array): Parsed<Msf> {
  const notMsf = identify(bytes);
  if (notMsf !== null) {
    return notMsf;
  }
  const blockSize = u32(bytes, 32);
  const blockCount = u32(bytes, 40);
  const directorySize = u32(bytes, 44);
  const mapOffset = u32(bytes, 52) * blockSize;
  if (blockSize < 512 || blockSize > 65536 || (blockSize & (blockSize - 1)) !== 0) {
    const message = `the PDB's block size is ${blockSize}; it must be a power of two from 512 to 65,536`;
    return failed('malformed', 'msf.superBlock.blockSize', 32, 4, 4, message);
  }
  if (blockCount * blockSize > bytes.length) {
    const message = `the PDB should have ${blockCount} blocks of ${blockSize} bytes but the file ends at ${bytes.length}. Was it copied while the linker wrote it?`;
    return failed('truncated', 'msf.superBlock.numBlocks', 40, blockCount * blockSize, bytes.length, message);
  }
  const mapSize = Math.ceil(directorySize / blockSize) * 4;
  if (directorySize < 4 || directorySize > bytes.length || mapOffset + mapSize > bytes.length) {
    const message = `the PDB's stream directory (${directorySize} bytes, block map at ${mapOffset}) does not fit into the file`;
    return failed('out-of-range', 'msf.superBlock.numDirectoryBytes', 44, mapOffset + mapSize, bytes.length, message);
  }
  const blocks = readBlockList(bytes, mapOffset, mapSize / 4);
  const directory = assemble(bytes, blockSize, blockCount, blocks, directorySize);
  if (directory === null) {
    const message = 'the PDB stream directory names blocks outside the file';
    return failed('out-of-range', 'msf.blockMap', mapOffset, blockCount, blockCount, message);
  }
  return openStreams(bytes, blockSize, blockCount, directory);
}

function identify(bytes: Uint8Array): ReturnType<typeof failed> | null {
  const starts = (text: string) => [...text].every((char, i) => bytes[i] === char.charCodeAt(0));
  if (starts('Microsoft C/C++ program database 2.00') || starts('BSJB')) {
    const message = 'this is a PDB of another format (2.00, or a portable .NET PDB); only MSF 7.00 is read';
    return failed('unsupported', 'msf.superBlock.magic', 0, magic.length, bytes.length, message);
  }
  if (bytes.length < superBlockSize) {
    const message = `the file has ${bytes.length} bytes; a PDB's super block alone has ${superBlockSize}`;
    return failed('truncated', 'msf.superBlock', 0, superBlockSize, bytes.length, message);
  }
  if (!starts(magic)) {
    return failed('malformed', 'msf.superBlock.magic', 0, magic.length, bytes.length, 'the file is not a PDB');
  }
  return null;
}

function openStreams(bytes: Uint8Array, blockSize: number, blockCount: number, directory: Uint8Array): Parsed<Msf> {
  const streamCount = u32(directory, 0);
  const listsOffset = 4 + 4 * streamCount;
  if (listsOffset > directory.length) {
    const message = `the PDB claims ${streamCount} streams; its directory of ${directory.length} bytes cannot list them`;
    return failed('malformed', 'msf.directory.numStreams', 0, listsOffset, directory.length, message);
  }
  const lengths = new Array<number | null>(streamCount);
  const firstBlocks = new Uint32Array(streamCount);
  let total = 0;
  for (let i = 0; i < streamCount; i++) {
    const length = u32(directory, 4 + 4 * i);
    lengths[i] = length === noStream ? null : length;
    firstBlocks[i] = total;
    total += length === noStream ? 0 : Math.ceil(length / blockSize);
    if (total > blockCount || listsOffset + 4 * total > directory.length) {
      const message = `stream ${i} of the PDB (${length} bytes) is larger than what the directory or the file can hold`;
      return failed('malformed', `msf.directory.streamSizes[${i}]`, 0, length, blockCount * blockSize, message);
    }
  }
  const streamLength = (number: number) => lengths[number] ?? null;
  return parsed({
    blockSize,
    streamCount,
    streamLength,
    stream(number) {
      const length = streamLength(number);
      if (length === null) {
        const message = `the PDB has no stream ${number}`;
        return failed('malformed', `msf.streams[${number}]`, 0, 0, 0, message);
      }
      const offset = listsOffset + 4 * (firstBlocks[number] ?? 0);
      const blocks = readBlockList(directory, offset, Math.ceil(length / blockSize));
      const stream = assemble(bytes, blockSize, blockCount, blocks, length);
      if (stream === null) {
        const message = `stream ${number} of the PDB names blocks outside the file`;
        return failed('out-of-range', `msf.streams[${number}]`, 0, blockCount, blockCount, message);
      }
      const fileOffset = (at: number) => (blocks[Math.floor(at / blockSize)] ?? 0) * blockSize + (at % blockSize);
      return parsed({ number, bytes: stream, fileOffset });
    },
  });
}

function readBlockList(bytes: Uint8Array, offset: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => u32(bytes, offset + 4 * i));
}

/** The first `length` bytes of `blocks` in order, or null when a block lies outside the file. */
function assemble(
  bytes: Uint8Array,
  blockSize: number,
  blockCount: number,
  blocks: Uint32Array,
  length: number,
): Uint8Array | null {
  if (blocks.some((block) => block >= blockCount)) {
    return null;
  }
  const first = blocks[0] ?? 0;
  if (blocks.every((block, i) => block === first + i)) {
    return bytes.subarray(first * blockSize, first * blockSize + length);
  }
  const stream = new Uint8Array(length);
  blocks.forEach((block, i) => {
    const size = Math.min(blockSize, length - i * blockSize);
    stream.set(bytes.subarray(block * blockSize, block * blockSize + size), i * blockSize);
  });
  return stream;
}

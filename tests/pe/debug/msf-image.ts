/** Writes MSF files from the format's description: an independent view of what fixer/pe/debug/msf.ts reads. */

/**
 * @param streams contents by stream number; null for a stream that is marked absent
 * @param order where in the file the blocks of streams and directory go, as a function of how many there are: a
 *   permutation of 0 to count - 1
 */
export function writeMsf(
  streams: readonly (Uint8Array | null)[],
  blockSize: number,
  order: (count: number) => number[] = (count) => [...Array(count).keys()],
): Uint8Array {
  const blocksOf = (length: number) => Math.ceil(length / blockSize);
  const streamBlocks = streams.reduce((sum, stream) => sum + blocksOf(stream?.length ?? 0), 0);
  const directorySize = 4 + 4 * streams.length + 4 * streamBlocks;
  const count = streamBlocks + blocksOf(directorySize) + 1;
  // Block 0 is the super block; 1 and 2 are the free block maps.
  const places = order(count).map((place) => place + 3);
  const file = new Uint8Array((count + 3) * blockSize);
  const view = new DataView(file.buffer);
  const directory = new Uint8Array(directorySize);
  const directoryView = new DataView(directory.buffer);
  directoryView.setUint32(0, streams.length, true);
  let next = 0;
  const put = (content: Uint8Array): number[] =>
    Array.from({ length: blocksOf(content.length) }, (_, i) => {
      const place = places[next++]!;
      file.set(content.subarray(i * blockSize, (i + 1) * blockSize), place * blockSize);
      return place;
    });
  let at = 4 + 4 * streams.length;
  streams.forEach((stream, i) => {
    directoryView.setUint32(4 + 4 * i, stream === null ? 0xffffffff : stream.length, true);
    for (const place of put(stream ?? new Uint8Array())) {
      directoryView.setUint32(at, place, true);
      at += 4;
    }
  });
  const directoryPlaces = put(directory);
  const mapPlace = places[next]!;
  directoryPlaces.forEach((place, i) => {
    view.setUint32(mapPlace * blockSize + 4 * i, place, true);
  });
  file.set(new TextEncoder().encode('Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0'));
  [blockSize, 1, count + 3, directorySize, 0, mapPlace].forEach((field, i) => {
    view.setUint32(32 + 4 * i, field, true);
  });
  return file;
}

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 0 to count - 1 in an order that the seed decides. */
export function shuffled(count: number, seed: number): number[] {
  const random = randomFrom(seed);
  const order = [...Array(count).keys()];
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

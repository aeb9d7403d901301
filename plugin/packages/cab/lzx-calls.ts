/** The reverse of LZX's call translation: operands of x86 calls (E8), made absolute by the packer, relative again. */

const CALL = 0xe8;

/** Changes `frame`, which begins `start` bytes into the folder. `size` is what the stream says of the whole. */
export function translateCalls(frame: Uint8Array, start: number, size: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  // The last 10 bytes of a frame are never translated.
  for (let at = 0; at < frame.length - 10; at++) {
    if (frame[at] !== CALL) continue;
    const position = start + at;
    const absolute = view.getInt32(at + 1, true);
    if (absolute >= -position && absolute < size)
      view.setInt32(at + 1, absolute >= 0 ? absolute - position : absolute + size, true);
    at += 4;
  }
}

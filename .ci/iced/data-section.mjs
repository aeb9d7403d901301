// Writes a memory's contents into a WebAssembly module. Source: WebAssembly Core Specification, "Binary Format", "Modules".

const CUSTOM = 0;
const MEMORY = 5;
const DATA_COUNT = 12;
const DATA = 11;
const PAGE = 65536;
/** Zeros that are cheaper to write than another segment. */
const GAP = 16;

/** The module whose memory starts as `memory`; sections of names and producers are left out. */
export function withMemory(module, memory) {
  const segments = [...runs(memory)];
  const parts = [module.subarray(0, 8)];
  for (let at = 8; at < module.length; ) {
    const id = module[at];
    const [size, start] = readNumber(module, at + 1);
    const body = module.subarray(start, start + size);
    at = start + size;
    if (id === CUSTOM) continue;
    if (id === MEMORY) parts.push(section(id, [number(1), Uint8Array.of(0), number(memory.length / PAGE)]));
    else if (id === DATA_COUNT) parts.push(section(id, [number(segments.length)]));
    else if (id === DATA) parts.push(section(id, [number(segments.length), ...segments.flatMap(segment)]));
    else parts.push(section(id, [body]));
  }
  return Buffer.concat(parts);
}

/** Stretches of bytes that are not zero. */
function* runs(memory) {
  for (let start = memory.findIndex((byte) => byte !== 0); start >= 0 && start < memory.length; ) {
    let end = start + 1;
    let next = end;
    while (next < memory.length && next - end < GAP) if (memory[next++] !== 0) end = next;
    yield { offset: start, bytes: memory.subarray(start, end) };
    start = next;
    while (start < memory.length && memory[start] === 0) start++;
  }
}

/** An active segment of memory 0 at a constant offset: i32.const, end. */
const segment = ({ offset, bytes }) => [
  Uint8Array.of(0, 0x41),
  signed(offset),
  Uint8Array.of(0x0b),
  number(bytes.length),
  bytes,
];

function section(id, parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(id), number(body.length), body]);
}

function readNumber(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** LEB128, unsigned. */
function number(value) {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, value);
}

/** LEB128, signed, of a number that is not negative. */
function signed(value) {
  const bytes = [];
  for (; value >= 0x40; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, value);
}

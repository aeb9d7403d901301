/** Folders of many drivers: copies of the committed samples, each with bytes of its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { committedSample } from './toolchain/samples.js';

const SAMPLES = ['clean', 'init-rwx', 'iat-in-text', 'low-alignment', 'straddling-relocations'] as const;

/**
 * `count` files `00000.sys` and on in `folder`, the samples in turn. Each copy differs in the DOS header's reserved words
 * (e_res2, at 0x28 and on), which nothing reads and which stand before whatever a file begins to differ by.
 */
export function manyDrivers(folder: string, count: number): string[] {
  mkdirSync(folder, { recursive: true });
  const samples = SAMPLES.map((name) => readFileSync(committedSample(name, 'x64')));
  return Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.from(samples[index % samples.length] as Buffer);
    bytes.writeUInt32LE(index, 0x28);
    const path = join(folder, `${String(index).padStart(5, '0')}.sys`);
    writeFileSync(path, bytes);
    return path;
  });
}

/** What a fix may change, asked of tools that are not ours: bytes against the printed plan, header dumps before and after. */
import { readFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import type { JsonImage } from '../support/command.js';
import { toolPath } from '../support/toolchain/tools.js';

/** Every byte that differs is in the plan, with the bytes before and after that the plan prints. */
export function onlyPlannedBytes(t: ExecutionContext, before: Buffer, after: Buffer, image: JsonImage): void {
  const expected = Buffer.from(before.subarray(0, after.length));
  for (const edit of image.plan?.edits ?? []) {
    t.is(before.toString('hex', edit.offset, edit.offset + edit.length), edit.before, edit.field);
    expected.write(edit.after, edit.offset, 'hex');
  }
  t.true(after.equals(expected), 'a byte outside of the plan changed');
  t.is(image.size, after.length);
}

const DUMP = [
  ...['--file-headers', '--sections', '--section-data', '--coff-imports', '--coff-basereloc', '--coff-load-config'],
  ...['--coff-debug-directory', '--coff-tls-directory', '--symbols', '--unwind'],
];

/** Lines of llvm-readobj's full dump that one file has and the other has not; the file's own name is left out. */
export async function dumpDifference(before: string, after: string): Promise<{ removed: string[]; added: string[] }> {
  const [old, now] = await Promise.all([before, after].map(dump));
  return { removed: without(old!, now!), added: without(now!, old!) };
}

async function dump(path: string): Promise<string[]> {
  const result = await execa(toolPath('llvm-readobj-22'), [...DUMP, path], { maxBuffer: 1 << 28 });
  return result.stdout.split('\n').filter((line) => !line.startsWith('File: '));
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines
    .filter((line) => {
      const count = left.get(line) ?? 0;
      left.set(line, count - 1);
      return count <= 0;
    })
    .map((line) => line.trim());
}

/** The file as it is: content, inode, times. Two equal ones: nobody wrote to it. */
export const content = (path: string): Buffer => readFileSync(path);

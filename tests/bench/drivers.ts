/** The drivers that are measured: real ones where the corpus is at hand. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
export const cli = join(root, 'dist/cli.cjs');

/** Real drivers: those of ../shared/corpus where that folder is, else the samples. */
export function sources(): string[] {
  const corpus = process.env['HVCI_FIX_CORPUS'] ?? join(root, '../shared/corpus');
  if (existsSync(corpus))
    return readdirSync(corpus)
      .filter((name) => name.endsWith('.sys'))
      .map((name) => join(corpus, name));
  const samples = join(root, 'samples');
  return readdirSync(samples).flatMap((name) => {
    const folder = join(samples, name);
    return statSync(folder).isDirectory()
      ? readdirSync(folder)
          .filter((file) => file.endsWith('.sys'))
          .map((file) => join(folder, file))
      : [];
  });
}

/** Plain copies. */
export function folderOf(count: number): string {
  const folder = join(root, 'build/bench/drivers');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = sources();
  for (let index = 0; index < count; index++)
    copyFileSync(files[index % files.length] ?? '', join(folder, `${String(index).padStart(5, '0')}.sys`));
  return folder;
}

/** Copies that are no duplicates: each differs in the reserved words of the DOS header. */
export function differentDrivers(count: number): string {
  const folder = join(root, 'build/bench/distinct');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = sources().map((path) => readFileSync(path));
  for (let index = 0; index < count; index++) {
    const bytes = Buffer.from(files[index % files.length] ?? '');
    bytes.writeUInt32LE(index, 0x28);
    writeFileSync(join(folder, `${String(index).padStart(6, '0')}.sys`), bytes);
  }
  return folder;
}

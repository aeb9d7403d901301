/** A file of a package that is no image: an INF, a catalog. */
import { type FileFailure, fileFailure } from '../files/failure.js';
import { type ReadSuccess, readImage } from '../files/read.js';

export function readPart(path: string, limit: number): ReadSuccess | FileFailure {
  const read = readImage(path, undefined, { limit });
  return !read.ok && read.code === 'empty' ? emptyPart(path) : read;
}

/** No linker made it, as an image. */
export const emptyPart = (path: string): FileFailure =>
  fileFailure(
    'empty',
    path,
    `Cannot read ${path}: the file is empty. Get it again; the download or a copy was cut off.`,
  );

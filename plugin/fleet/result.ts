/** What is read from a file of results: images, and what is to be said about the file. */
import type { ImageReport } from '../report/model.js';

export type FromResults =
  | { readonly image: ImageReport }
  /** The file is ours, but something about it is not whole; the images that were read count. */
  | { readonly remark: string }
  /** Nothing in it could be used. */
  | { readonly failure: string };

/** Files that hold results rather than an image. */
export const isResultsName = (path: string): boolean => /\.(?:ndjson|jsonl|json|sarif)$/i.test(path);

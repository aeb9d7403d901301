/** A JSON document of results: our JSON report, or SARIF. It has to be read whole, so it may not be endless. */
import { readFileSync, statSync } from 'node:fs';
import { fromSystemError } from '../files/failure.js';
import { counted } from '../report/numbers.js';
import { asObject, asObjects, imageOf, type Members } from './image-shape.js';
import { imagesOfRun, toolOf } from './read-sarif.js';
import { type FromResults, foreignVersion, ofOtherVersion } from './result.js';

const LARGEST = 1 << 28;

export function* readDocument(path: string): Generator<FromResults> {
  let document: ReturnType<typeof asObject>;
  try {
    if (statSync(path).size > LARGEST) {
      yield {
        failure: `${path} is larger than 256 MiB. Use --format ndjson for so many images: it is read line by line.`,
      };
      return;
    }
    document = asObject(JSON.parse(decoded(readFileSync(path))));
  } catch (error) {
    const why = error instanceof SyntaxError ? `${path} is no JSON: was the check that wrote it cut short?` : null;
    yield { failure: why ?? fromSystemError(error, 'read', path).message };
    return;
  }
  if (document !== null && Array.isArray(document['images'])) yield* fromJson(path, document, document['images']);
  else if (document !== null && Array.isArray(document['runs'])) yield* fromSarif(path, document['runs']);
  else yield { failure: notOurs(path) };
}

const notOurs = (path: string): string => `${path} is neither a report of hvci-fix nor SARIF.`;

function* fromJson(path: string, document: Members, images: readonly unknown[]): Generator<FromResults> {
  const version = foreignVersion(document);
  if (version !== null && asObject(document['tool'])?.['name'] === 'hvci-fix') {
    yield { failure: ofOtherVersion(`${path} is a report`, version) };
    return;
  }
  let bad = 0;
  for (const entry of images) {
    const image = imageOf(entry);
    if (image === null) bad++;
    else yield { image };
  }
  // Other tools have images too, and an empty page would read as an all-clear.
  if (bad === images.length && asObject(document['tool'])?.['name'] !== 'hvci-fix') yield { failure: notOurs(path) };
  else if (bad > 0)
    yield { remark: `${path}: passed over what is no image of hvci-fix: ${counted(bad, 'entry', 'entries')}.` };
}

/** Code scanning tools put several runs into one log; those of others are none of our business. */
function* fromSarif(path: string, runs: readonly unknown[]): Generator<FromResults> {
  let ours = 0;
  for (const run of asObjects(runs)) {
    const tool = toolOf(run);
    if (tool === 'hvci-fix') {
      ours++;
      for (const image of imagesOfRun(run)) yield { image };
    } else yield { remark: `${path}: passed over a run of ${tool ?? 'a tool without a name'}.` };
  }
  // An empty page would read as an all-clear.
  if (ours === 0) yield { failure: `${path} holds no run of hvci-fix.` };
}

/** Windows PowerShell writes UTF-16. */
function decoded(bytes: Uint8Array): string {
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}

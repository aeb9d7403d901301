/** `--stdin0`: paths from standard input, each ended by a NUL, as `find -print0` writes them; streamed. */
import { fileFailure, fromSystemError } from '../files/failure.js';
import { expandLiterally, type Found, keyOf } from '../files/walk.js';
import type { Interruption } from './interruption.js';

/** Linux allows 4,096 bytes, Windows 32,767 characters: what is longer is no list of paths. */
const LONGEST_PATH = 131_072;

/** Paths of which it is known that they were given, at most twice as many; each takes about 100 bytes. */
const MOST_KNOWN = 100_000;

/** What is given twice is passed over, as among arguments; in a list only while not too many others came in between. */
class Given {
  #recent = new Set<string>();
  #older: ReadonlySet<string> = this.#recent;

  *once(files: Iterable<Found>): Generator<Found> {
    for (const found of files) if (!found.ok || this.#isNew(keyOf(found.path))) yield found;
  }

  #isNew(key: string): boolean {
    if (this.#recent.has(key) || this.#older.has(key)) return false;
    if (this.#recent.size === MOST_KNOWN) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(key);
    return true;
  }
}

export async function* filesAndList(files: Iterable<Found>, interruption: Interruption): AsyncGenerator<Found> {
  const given = new Given();
  yield* given.once(files);
  const { stdin } = process;
  interruption.whenStopped(() => stdin.destroy());
  let rest: Buffer = Buffer.alloc(0);
  let any = false;
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      let text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = text.indexOf(0); end >= 0; end = text.indexOf(0)) {
        any = true;
        yield* given.once(expandLiterally(text.toString('utf8', 0, end)));
        text = text.subarray(end + 1);
      }
      rest = text;
      if (rest.length > LONGEST_PATH) {
        yield notAList();
        return;
      }
    }
  } catch (error) {
    if (interruption.signal === null)
      yield { ...fromSystemError(error, 'read the list of paths from', 'standard input'), named: true };
    interruption.sourceCutShort = true;
    return;
  }
  // The last name may lack its NUL.
  if (rest.length > 0) yield* given.once(expandLiterally(rest.toString('utf8')));
  else if (!any)
    yield {
      ...fileFailure(
        'no-match',
        '-',
        'The list on standard input is empty. Check what writes it, such as find DIR -name "*.sys" -print0.',
      ),
      named: true,
    };
}

const notAList = (): Found => ({
  ...fileFailure(
    'name',
    '-',
    'Standard input is no list of paths: --stdin0 wants each ended by a NUL, as find -print0 writes them.',
  ),
  named: true,
});

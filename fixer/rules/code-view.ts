/** The image's code as the rules see it: facts, or why there are none. */
import type { CodeEngine, CodeFacts } from '../code/facts.js';
import { importedOf, isReadMachine, needsCode } from '../code/imported.js';
import type { Image } from '../pe/image.js';

export type CodeView =
  | { readonly kind: 'facts'; readonly facts: CodeFacts }
  /** No import whose calls could be judged. */
  | { readonly kind: 'not-needed' }
  /** What is imported is not known, so nobody can tell what the code calls. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** Nobody gave an engine. */
  | { readonly kind: 'not-examined' };

export function viewCode(image: Image, engine: CodeEngine): CodeView {
  const imported = importedOf(image);
  if (!imported.ok && isReadMachine(image))
    return { kind: 'unreadable', reason: `the import table cannot be parsed: ${imported.error.message}` };
  if (!needsCode(image)) return { kind: 'not-needed' };
  const facts = engine.analyse(image);
  return facts === null ? { kind: 'not-examined' } : { kind: 'facts', facts };
}

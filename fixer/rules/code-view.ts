/** The image's code as the rules see it: facts, or why there are none. */
import type { CodeEngine, CodeFacts } from '../code/facts.js';
import { needsCode } from '../code/imported.js';
import type { Image } from '../pe/image.js';

export type CodeView =
  | { readonly kind: 'facts'; readonly facts: CodeFacts }
  /** No import whose calls could be judged. */
  | { readonly kind: 'not-needed' }
  /** Nobody gave an engine. */
  | { readonly kind: 'not-examined' };

export function viewCode(image: Image, engine: CodeEngine): CodeView {
  if (!needsCode(image)) return { kind: 'not-needed' };
  const facts = engine.analyse(image);
  return facts === null ? { kind: 'not-examined' } : { kind: 'facts', facts };
}

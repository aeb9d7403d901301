/** One engine for a test file: the WebAssembly module is loaded once. */
import { createRequire } from 'node:module';
import { createCodeEngine } from '../../../fixer/code/engine.js';
import type { CodeEngine, CodeFacts } from '../../../fixer/code/facts.js';
import type { IcedExports } from '../../../fixer/code/x86/iced.js';
import { type Image, parseImage } from '../../../fixer/pe/image.js';
import { instantiateIced } from '../../../plugin/inspection/iced.js';

const require = createRequire(import.meta.url);
export const iced = (): IcedExports => instantiateIced(require.resolve('iced-x86/iced_x86_bg.wasm'));

let shared: CodeEngine | null = null;
export function codeEngine(): CodeEngine {
  shared ??= createCodeEngine({ iced });
  return shared;
}

export function parsed(bytes: Uint8Array): Image {
  const image = parseImage(bytes);
  if (!image.ok) throw new Error(image.error.message);
  return image.value;
}

export function factsOf(bytes: Uint8Array): CodeFacts {
  const facts = codeEngine().analyse(parsed(bytes));
  if (facts === null) throw new Error('no facts: the machine’s code is not read');
  return facts;
}

/** The engine that reads code, with the WebAssembly module it needs: loaded by the first image whose code matters. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createCodeEngine } from '../../fixer/code/engine.js';
import type { CodeEngine } from '../../fixer/code/facts.js';
import { needsCode } from '../../fixer/code/imported.js';
import type { Image } from '../../fixer/pe/image.js';
import { type CodeReading, readingCode } from '../../fixer/rules/code-catalogue.js';
import { instantiateIced } from './iced.js';
import { asShortWork } from './short-work.js';

const MODULE = 'iced_x86_bg.wasm';

let engine: CodeEngine | null = null;

/** One for the whole run: the module is instantiated once. */
export function codeEngine(): CodeEngine {
  engine ??= inShortWork(createCodeEngine({ iced: () => instantiateIced(modulePath()) }));
  return engine;
}

const inShortWork = ({ analyse, carryOver, storesInto, runsIn, release }: CodeEngine): CodeEngine => ({
  carryOver,
  release,
  analyse: (image) => asShortWork(image.bytes.length, () => analyse(image)),
  runsIn: (image, sections) => asShortWork(image.bytes.length, () => runsIn(image, sections)),
  storesInto: (image, sections) => asShortWork(image.bytes.length, () => storesInto(image, sections)),
});

/** For an image that has something to read; null: nothing of the catalogue is imported. */
export const codeReadingFor = (image: Image): CodeReading | null =>
  !image.imports.ok || needsCode(image) ? readingCode(codeEngine()) : null;

/** Beside the bundle, where it is published; else in the package that it comes from. */
function modulePath(): string {
  const beside = typeof __dirname === 'string' ? join(__dirname, MODULE) : null;
  if (beside !== null && existsSync(beside)) return beside;
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(process.argv[1] ?? join(process.cwd(), 'package.json')).resolve(`iced-x86/${MODULE}`);
}

// iced-x86's WebAssembly module as it is shipped: the exports that fixer/code/x86/iced.ts names and what they need, with
// the decoder's tables, which it otherwise builds at the first use for 6 to 20 ms, already in the data segments.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withMemory } from './data-section.mjs';
import { warmMemory } from './warm.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const at = (...parts) => join(root, ...parts);
const packaged = at('node_modules/iced-x86/iced_x86_bg.wasm');

/** Path of the module; made again only when something that it is made of has changed. */
export function icedModule() {
  const names = usedExports();
  const folder = at('build/iced');
  const path = join(folder, `${keyOf(names)}.wasm`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) if (old.endsWith('.wasm')) rmSync(join(folder, old), { force: true });
  const temporary = join(folder, `${process.pid}.tmp`);
  const graph = `${temporary}.json`;
  const roots = ['memory', ...names].map((name) => ({ name, export: name, root: true }));
  writeFileSync(graph, JSON.stringify(roots));
  binaryen('wasm-metadce', packaged, '--graph-file', graph, '-o', temporary);
  writeFileSync(temporary, withMemory(readFileSync(temporary), warmMemory(readFileSync(temporary))));
  rmSync(graph);
  renameSync(temporary, path);
  return path;
}

/** The methods of the interface, whose names are those of the exports. */
function usedExports() {
  const source = readFileSync(at('fixer/code/x86/iced.ts'), 'utf8');
  const [, members] = /interface IcedExports \{(.*?)\n\}/s.exec(source) ?? [];
  const names = [...(members ?? '').matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);
  if (names.length === 0) throw new Error('fixer/code/x86/iced.ts: no method of IcedExports was found');
  return names;
}

function keyOf(names) {
  const hash = createHash('sha256').update(names.join());
  for (const path of [packaged, at('node_modules/binaryen/package.json')]) hash.update(readFileSync(path));
  for (const name of readdirSync(here).sort()) hash.update(readFileSync(join(here, name)));
  return hash.digest('hex').slice(0, 16);
}

function binaryen(tool, ...args) {
  const features = ['--enable-bulk-memory', '--enable-sign-ext', '--enable-mutable-globals'];
  const command = [at('node_modules/binaryen/bin', tool), ...args, ...features, '--enable-nontrapping-float-to-int'];
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${tool} failed: ${stderr}`);
}

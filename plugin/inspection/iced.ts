/** iced-x86's WebAssembly module, instantiated without its JavaScript, which takes longer to load than a driver to check. */
import { readFileSync } from 'node:fs';
import type { IcedExports } from '../../fixer/code/x86/iced.js';

/** The part of WebAssembly that is used; TypeScript declares it only together with a browser's world. */
interface WebAssemblyApi {
  Module: { new (bytes: Uint8Array): object; imports(module: object): readonly { module: string; name: string }[] };
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** Reads and instantiates the module. Throws where the file is not there or not iced-x86's: a broken installation. */
export function instantiateIced(path: string): IcedExports {
  const api = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const module = new api.Module(readFileSync(path));
  const imports: Record<string, Record<string, () => never>> = {};
  for (const entry of api.Module.imports(module)) {
    const group = imports[entry.module] ?? {};
    imports[entry.module] = group;
    group[entry.name] = () => {
      throw new Error(`iced-x86 called ${entry.name}`);
    };
  }
  return new api.Instance(module, imports).exports as IcedExports;
}

/** This Windows: the options of its code integrity, its loaded modules and the files of these. */
import { CallError } from '../call/call-error.js';
import { type Answer, type LoadedModule, openSystem } from '../native/system.js';
import { type LoadedImage, loadedImages } from './loaded-images.js';

export interface SystemState {
  readonly options: number;
  readonly modules: readonly LoadedModule[];
  readonly images: readonly LoadedImage[];
}

/** Throws CallError where the system cannot be asked. */
export function askSystem(): SystemState {
  const system = known(openSystem());
  const modules = known(system.loadedModules());
  const { SystemRoot: root = 'C:\\Windows' } = process.env;
  return { options: known(system.codeIntegrityOptions()), modules, images: loadedImages(modules, root) };
}

function known<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new CallError(`The loaded drivers are not known: ${answer.message}`);
  return answer.value;
}

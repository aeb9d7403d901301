/** `check --loaded`: the loaded drivers in place of paths. */
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import type { FoundFailure, FoundFile } from '../files/walk.js';
import type { Settings } from '../session/settings.js';
import { askSystem } from './ask-system.js';

/** In the order of loading. Throws CallError where paths are given too, or the system cannot be asked. */
export function loadedFiles({ positionals, values }: Call): (FoundFile | FoundFailure)[] {
  if (positionals.length > 0 || values['stdin0'] === true)
    throw new CallError('--loaded stands in place of paths: name paths, or give --loaded, in two calls.');
  return askSystem().images.map(({ found }) => found);
}

/** What the kernel has loaded is kernel mode, whatever its header looks like. */
export const asLoaded = (settings: Settings): Settings => ({
  ...settings,
  checkOptions: { ...settings.checkOptions, treatAs: 'driver' },
});

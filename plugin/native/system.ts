/** What the Windows kernel says of itself, through the addon. Loaded by `status` and `--loaded` alone. */
import { join } from 'node:path';
import nodeGypBuild from 'node-gyp-build';
import { statusWords } from './nt-status.js';

export interface LoadedModule {
  /** In the kernel's own words, `\SystemRoot\System32\drivers\x.sys`. Hostile text. */
  readonly path: string;
  /** The kernel keeps 256 bytes of a path, and this one had more. */
  readonly cut: boolean;
  /** Address of the image; 0 where Windows hides it from this process. */
  readonly base: bigint;
  /** Bytes of the image in memory. */
  readonly size: number;
}

export interface System {
  /** CodeIntegrityOptions of SYSTEM_CODEINTEGRITY_INFORMATION: the bits of `plugin/status/options.ts`. */
  codeIntegrityOptions(): Answer<number>;
  /** In the order in which they were loaded. */
  loadedModules(): Answer<readonly LoadedModule[]>;
}

/** `message` is for the user: what could not be asked, and what to do. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** As addon.c has them. `undefined` where Node itself failed. */
interface Addon {
  codeIntegrityOptions(): { readonly status: number; readonly options: number } | undefined;
  loadedModules(): { readonly status: number; readonly modules: readonly LoadedModule[] } | undefined;
}

/** The addon, or why there is none: another system, another processor, a broken installation. Never throws. */
export function openSystem(): Answer<System> {
  const { platform, arch } = process;
  if (platform !== 'win32')
    return failed(
      `only Windows can say which drivers it has loaded, and this is ${platform} (Windows only). To check driver files here: hvci-fix check PATH...`,
    );
  if (arch !== 'x64')
    return failed(
      `there is no addon for Node.js for ${arch}, only one for x64. Start it with an x64 Node.js, which Windows on Arm runs as well.`,
    );
  try {
    return { ok: true, value: asking(nodeGypBuild(addonFolder()) as Addon) };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return failed(
      `the addon prebuilds/win32-x64/hvci-fix.napi.node could not be loaded: ${why}. Install hvci-fix anew; a security program may have taken the file away.`,
    );
  }
}

/** Beside the bundle, where the build puts it; run from the compiled sources, in the repository. */
const addonFolder = (): string => (typeof __dirname === 'string' ? __dirname : join(process.cwd(), 'plugin', 'native'));

const asking = (addon: Addon): System => ({
  codeIntegrityOptions: () => answer('the state of code integrity', addon.codeIntegrityOptions(), (it) => it.options),
  loadedModules: () => answer('the loaded drivers', addon.loadedModules(), (it) => it.modules),
});

function answer<A extends { readonly status: number }, T>(
  what: string,
  given: A | undefined,
  value: (given: A) => T,
): Answer<T> {
  if (given === undefined) return failed(`Node.js could not take in ${what}. Run again.`);
  // NTSTATUS: the sign bit is set for warnings and errors.
  if (given.status > 0x7fffffff) return failed(`Windows does not tell ${what}: ${statusWords(given.status)}`);
  return { ok: true, value: value(given) };
}

const failed = (message: string): { readonly ok: false; readonly message: string } => ({ ok: false, message });

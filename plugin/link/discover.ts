/** A linker that nobody named: from hvci-fix.config.json, else the one that the arguments look like. */
import { join } from 'node:path';
import { loadConfiguration } from '../configuration/configuration.js';
import { looksLikeMsvc } from './command.js';
import { findInPath, isProgram } from './linker.js';

export interface Discovery {
  readonly program: string | null;
  /** Where it was looked for, for the message when nothing was found. */
  readonly looked: readonly string[];
}

/** Newest first; LLVM's packages put the version behind the name. */
const LLVM_VERSIONS = Array.from({ length: 12 }, (_, index) => String(25 - index));

/** Throws CallError for a configuration that is wrong. */
export async function discoverLinker(
  args: readonly string[],
  config: string | undefined,
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<Discovery> {
  const configuration = await loadConfiguration(config, folder);
  const configured = configuration?.values.linker;
  if (configured !== undefined) return { program: configured, looked: [] };
  const looked: string[] = [];
  const found = (path: string | null, name: string): string | null => {
    looked.push(name);
    return path;
  };
  const tools = environment['VCToolsInstallDir'];
  if (looksLikeMsvc(args) || args.includes('-flavor')) {
    if (args.includes('-flavor')) {
      const rust =
        found(findInPath('rust-lld', environment), 'rust-lld') ?? found(findInPath('lld', environment), 'lld');
      return { program: rust, looked };
    }
    if (tools !== undefined && process.platform === 'win32') {
      // Not from PATH: Git for Windows has a link.exe of its own that makes hard links.
      for (const target of machineFolders(args)) {
        const path = join(tools, 'bin', `Host${hostFolder()}`, target, 'link.exe');
        looked.push(path);
        if (isProgram(path)) return { program: path, looked };
      }
    }
    for (const name of ['lld-link', ...LLVM_VERSIONS.map((version) => `lld-link-${version}`)]) {
      const path = findInPath(name, environment);
      if (path !== null) return { program: path, looked };
    }
    looked.push('lld-link');
    return { program: null, looked };
  }
  for (const name of ['x86_64-w64-mingw32-gcc', 'gcc', 'cc', 'clang']) {
    const path = found(findInPath(name, environment), name);
    if (path !== null) return { program: path, looked };
  }
  return { program: null, looked };
}

const hostFolder = (): string => (process.arch === 'arm64' ? 'arm64' : 'x64');

function machineFolders(args: readonly string[]): string[] {
  const machine = args
    .map((arg) => /^[/-]machine:(\w+)/i.exec(arg)?.[1]?.toLowerCase())
    .find((each) => each !== undefined);
  return machine === undefined ? ['x64', 'x86', 'arm64'] : [machine === 'amd64' ? 'x64' : machine];
}

/** Which of the external tools are there, and what a test does when one is not. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** Tool names as called; `.ci/setup.sh` installs all of them on Debian 12. */
export const buildTools = ['clang-22', 'lld-link-22', 'llvm-dlltool-22', 'x86_64-w64-mingw32-gcc'] as const;
export const oracleTools = ['llvm-readobj-22', '/usr/bin/python3'] as const;
export const signingTools = ['openssl', 'osslsigncode'] as const;
export const wineTools = ['wine', 'wineboot', 'wineserver', 'x86_64-w64-mingw32-gcc'] as const;
export const archiveTools = ['cabextract', 'gcab', '7z', 'zip'] as const;
const allTools = [...new Set<string>([...buildTools, ...oracleTools, ...signingTools, ...wineTools, ...archiveTools])];

/** The tool's full path, or null. Debian keeps wineserver out of PATH. */
export function findTool(name: string): string | null {
  const folders = name.startsWith('/') ? [''] : [...(process.env['PATH'] ?? '').split(':'), '/usr/lib/wine'];
  for (const folder of folders) {
    const path = folder === '' ? name : join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** The full path of a tool, for running it. Throws when it is missing. */
export function toolPath(name: string): string {
  const path = findTool(name);
  if (path === null) throw new Error(`${name} is not installed: run .ci/setup.sh`);
  return path;
}

/** Stands for the tool's version in cache keys: an upgrade replaces the file. Asking 4 tools for --version costs 200 ms. */
export function toolFingerprint(name: string): string {
  const path = realpathSync(toolPath(name));
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

/** Names of the tools that are not installed, of `tools` or of all that the integration tests use. */
export function toolchainMissing(tools: readonly string[] = allTools): string[] {
  return tools.filter((tool) => findTool(tool) === null);
}

/**
 * True when the test can go on. A missing tool skips the test with a log line on a developer's machine, and fails it
 * where CI is set: a pipeline that silently tests nothing is worse than a red one.
 */
export function toolsReady(t: ExecutionContext, tools: readonly string[] = allTools): boolean {
  const missing = toolchainMissing(tools);
  if (missing.length === 0) return true;
  const message = `not installed: ${missing.join(', ')} (run .ci/setup.sh)`;
  if (process.env['CI']) {
    t.fail(message);
  } else {
    t.log(`skipped, ${message}`);
    t.pass();
  }
  return false;
}

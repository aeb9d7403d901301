/** DuckDB, which plugin/fleet/README.md names for millions of drivers: npm's @duckdb/node-api, fetched once into build/. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { FromRegistry } from '../integration/package-support.js';
import { quietEnvironment } from './command.js';
import { cachedFolder } from './toolchain/cache.js';

const VERSION = '1.5.6-r.1';

/** Its folder. About 70 MB, so it is no dependency; npm checks its integrity. */
export async function duckdb(): Promise<FromRegistry<string>> {
  try {
    const value = await cachedFolder(`duckdb-node-api-${VERSION}`, async (own) => {
      await writeFile(join(own, 'package.json'), '{ "private": true }\n');
      const flags = [
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
        '--fetch-retries=1',
        '--fetch-retry-mintimeout=1000',
      ];
      await execa('npm', ['install', ...flags, `@duckdb/node-api@${VERSION}`], { cwd: own, timeout: 240_000 });
    });
    return { ok: true, value };
  } catch (error) {
    return { ok: false, why: `npm could not install DuckDB: ${(error as { shortMessage?: string }).shortMessage}` };
  }
}

const PROGRAM = `
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  // No extension is fetched: what it reads JSON with is built in.
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(process.argv[1]);
  console.log(JSON.stringify(reader.getRowObjectsJson()));
})();
`;

/** The rows of a query whose files are named relative to `cwd`, in a process of its own. 64-bit numbers are texts. */
export async function query(
  folder: string,
  sql: string,
  cwd: string,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const env = quietEnvironment({ NODE_PATH: join(folder, 'node_modules') });
  const { stdout } = await execa(process.execPath, ['-e', PROGRAM, sql], {
    cwd,
    extendEnv: false,
    env,
    timeout: 60_000,
  });
  return JSON.parse(stdout);
}

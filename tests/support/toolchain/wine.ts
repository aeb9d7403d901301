/**
 * Loads x64 drivers for real, under Wine. Wine enforces section protection and the layout of the image, so it answers
 * "does this driver still load and work after the fix", not "is it compatible with memory integrity".
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { cachedFolder, keyOf } from './cache.js';
import { driversFolder, repositoryRoot, winePrefix } from './paths.js';
import { runToFiles } from './run-to-files.js';
import { toolFingerprint, toolPath } from './tools.js';

export interface LoadResult {
  /** The service started: Wine mapped the image and DriverEntry returned success. */
  readonly loaded: boolean;
  /** The driver's answer to IOCTL_SAMPLE_ASK, or null when it gave none. */
  readonly answer: string | null;
  /** The Win32 error that starting the service gave: 0 when it loaded, 1053 and 1114 for a driver that crashes. */
  readonly exitCode: number;
}

const support = join(repositoryRoot, 'tests/support/toolchain');

async function wineClient(): Promise<string> {
  const source = join(support, 'sources/wine-client.c');
  const compiler = 'x86_64-w64-mingw32-gcc';
  const folder = await cachedFolder(
    `wine-client-${keyOf(await readFile(source), toolFingerprint(compiler))}`,
    async (own) => {
      await execa(toolPath(compiler), ['-O2', '-Wall', '-Werror', '-s', '-o', join(own, 'client.exe'), source]);
    },
  );
  return join(folder, 'client.exe');
}

/**
 * Loads the x64 driver at `path`, a sample's or one with its device, asks it, and unloads it. Safe to call from many
 * processes: one lock serves the prefix, because a failed load ends with killing Wine's server. The first call ever
 * makes the prefix, which takes about 10 s. Throws when Wine itself does not work, with what it printed.
 */
export async function loadAndTalk(path: string): Promise<LoadResult> {
  const client = await wineClient();
  await mkdir(driversFolder, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'hvci-fix-wine-'));
  try {
    const driver = join(folder, 'driver.sys');
    await copyFile(path, driver);
    const service = `hvci${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    // flock's lock dies with its process; -o keeps it from being inherited by Wine's daemons.
    const lock = ['-o', `${winePrefix}.lock`, join(support, 'wine-load.sh'), winePrefix];
    const { stdout: output, stderr } = await runToFiles(
      'flock',
      [...lock, client, service, `Z:${driver.replaceAll('/', '\\')}`],
      folder,
    );
    const error = /^error (\d+)\r?$/m.exec(output)?.[1];
    if (error === undefined) {
      throw new Error(`Wine did not run the client for ${path}:\n${output}${stderr}`);
    }
    const answer = /^answer (.*?)\r?$/m.exec(output)?.[1] ?? null;
    return { loaded: error === '0', answer, exitCode: Number(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

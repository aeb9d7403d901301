/** Builds the drivers of the recipes, each once for all test processes. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { cachedFolder, keyOf } from './cache.js';
import { commandsFor, commonFiles, driverFile } from './commands.js';
import { patchHeader } from './patch.js';
import { repositoryRoot } from './paths.js';
import { type Arch, type Recipe, recipeNamed } from './recipes.js';
import { toolFingerprint, toolPath } from './tools.js';

/** Raised with the compiler's or linker's own words. */
async function run(tool: string, args: readonly string[], cwd: string): Promise<void> {
  const result = await execa(toolPath(tool), args, { cwd, reject: false, all: true, stdin: 'ignore' });
  if (result.failed) throw new Error(`${tool} ${args.join(' ')}\n${result.all}`);
}

/**
 * Builds into `folder`, without the cache, and returns the driver's path. The sources are copied there first and
 * named by relative paths, so that no absolute path can get into the image.
 */
export async function compileDriver(recipe: Recipe, arch: Arch, folder: string): Promise<string> {
  for (const file of [...commonFiles, ...recipe.sources]) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await copyFile(join(repositoryRoot, file), join(folder, file));
  }
  for (const { tool, args } of commandsFor(recipe, arch)) await run(tool, args, folder);
  const driver = join(folder, driverFile(recipe.name, arch));
  if (recipe.patch.length > 0) {
    const bytes = await readFile(driver);
    patchHeader(bytes, recipe.patch);
    await writeFile(driver, bytes);
  }
  return driver;
}

/**
 * The path of the driver, built now or found in build/drivers/. Its .pdb and .map, where the recipe makes them, lie
 * beside it under the recipe's name. The file is shared: copy it before changing it. Throws what the failing tool said.
 */
export async function buildDriver(recipeName: string, arch: Arch = 'x64'): Promise<string> {
  const recipe = recipeNamed(recipeName);
  if (!recipe.archs.includes(arch)) throw new Error(`recipe ${recipeName} is not for ${arch}`);
  const commands = commandsFor(recipe, arch);
  const inputs = [...commonFiles, ...recipe.sources].map((file) => readFile(join(repositoryRoot, file)));
  const key = keyOf(
    JSON.stringify([commands, recipe.patch, [...new Set(commands.map(({ tool }) => toolFingerprint(tool)))]]),
    ...(await Promise.all(inputs)),
  );
  const folder = await cachedFolder(`${recipeName}-${arch}-${key}`, async (own) => {
    await compileDriver(recipe, arch, own);
  });
  return join(folder, driverFile(recipeName, arch));
}

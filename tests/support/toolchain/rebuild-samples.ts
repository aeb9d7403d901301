/** Writes the committed drivers of samples/ anew: `npx tsc; node build/tests/support/toolchain/rebuild-samples.js`. */
import { chmod, copyFile } from 'node:fs/promises';
import { buildDriver } from './drivers.js';
import { recipes } from './recipes.js';
import { committedSample } from './samples.js';

for (const recipe of recipes) {
  for (const arch of recipe.committed) {
    const target = committedSample(recipe.name, arch);
    await copyFile(await buildDriver(recipe.name, arch), target);
    await chmod(target, 0o644); // the linker marks it executable
    process.stdout.write(`${target}\n`);
  }
}

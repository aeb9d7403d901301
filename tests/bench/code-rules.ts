/** The code rules: code a second in a process that runs, and what they add to the check of one driver. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { codeRanges } from '../../fixer/code/code-ranges.js';
import { createCodeEngine } from '../../fixer/code/engine.js';
import { needsCode } from '../../fixer/code/imported.js';
import { type Image, parseImage } from '../../fixer/pe/image.js';
import { instantiateIced } from '../../plugin/inspection/iced.js';
import { cli, root, sources } from './drivers.js';
import { installed, median, race, report, say } from './race.js';

const OBJDUMP = 'llvm-objdump-22';
const module = join(root, 'dist/iced_x86_bg.wasm');

interface Driver {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly image: Image;
}

function drivers(): Driver[] {
  return sources().flatMap((path) => {
    const bytes = readFileSync(path);
    const image = parseImage(bytes);
    return image.ok ? [{ path, bytes, image: image.value }] : [];
  });
}

const codeSize = (image: Image): number => codeRanges(image).reduce((sum, { begin, end }) => sum + end - begin, 0);

/** Everything that the rules ask of the code, of drivers that import something to ask about. */
export function warm(rounds: number): void {
  const all = drivers().filter(({ image }) => needsCode(image));
  const bytes = all.reduce((sum, { image }) => sum + codeSize(image), 0);
  const engine = createCodeEngine({ iced: () => instantiateIced(module) });
  const seconds: number[] = [];
  for (let round = 0; round < rounds + 3; round++) {
    // Parsed anew: the engine remembers the images that it has seen.
    const images = all.flatMap((driver) => {
      const parsed = parseImage(driver.bytes);
      return parsed.ok ? [parsed.value] : [];
    });
    const before = process.cpuUsage();
    for (const image of images) engine.analyse(image);
    const { user, system } = process.cpuUsage(before);
    if (round >= 3) seconds.push((user + system) / 1e6);
  }
  const time = median(seconds);
  say(
    `\nThe code of ${all.length} drivers (${bytes} bytes), in a process that runs (${rounds} rounds, processor time):`,
  );
  say(
    `  ${(bytes / 1e6 / time).toFixed(2)} MB of code a second, ${((time * 1000) / all.length).toFixed(2)} ms a driver`,
  );
}

/** One driver with something to ask about, and one without; the disassembler only prints what it decodes. */
export function cold(rounds: number): void {
  const all = drivers().filter(({ image }) => image.machine === 'x64');
  for (const wanted of [true, false]) {
    const [closest] = all
      .filter(({ image }) => needsCode(image) === wanted)
      .sort((a, b) => Math.abs(a.bytes.length - 100_000) - Math.abs(b.bytes.length - 100_000));
    if (closest === undefined) continue;
    const { path, bytes, image } = closest;
    const what = wanted ? 'imports DDIs whose calls are judged' : 'imports none';
    say(
      `\n${basename(path)}, ${bytes.length} bytes, ${codeSize(image)} of code, ${what}, whole process (${rounds} rounds):`,
    );
    const commands: Record<string, readonly string[]> = {
      'node -e 0': [process.execPath, '-e', '0'],
      'hvci-fix check --no-code': [process.execPath, cli, 'check', '--no-code', path],
      'hvci-fix check': [process.execPath, cli, 'check', path],
    };
    if (installed(OBJDUMP)) commands[`${OBJDUMP} -d`] = [OBJDUMP, '-d', path];
    const timed = race(commands, rounds);
    report(timed, 'node -e 0');
    if (installed(OBJDUMP))
      report(
        timed.filter(({ name }) => name === 'hvci-fix check' || name.endsWith('-d')),
        `${OBJDUMP} -d`,
      );
  }
}

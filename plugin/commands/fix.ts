/** `hvci-fix fix`: check, plan, prove, write. What happens to one image is in fix-image.ts. */
import { basename, join } from 'node:path';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { suppressionsOf } from '../configuration/suppressions.js';
import { expand } from '../files/expand.js';
import { ImageBuffer } from '../files/read.js';
import type { FoundFailure, FoundFile } from '../files/walk.js';
import { sectionRows } from '../inspection/image-report.js';
import { inspectFound } from '../inspection/inspect-found.js';
import { exitStatusFor, Interruption, interruptedAfter } from '../scan/interruption.js';
import { ReadAhead } from '../scan/read-ahead.js';
import { Session } from '../session/session.js';
import { baselineOf, type Settings, settingsOf } from '../session/settings.js';
import { parseSignCommand } from '../signing/command.js';
import { type FixSettings, fixImage } from './fix-image.js';
import { FixedSoFar } from './fixed-so-far.js';
import type { FixedCopy } from './write-fixed.js';

export async function fixCommand(call: Call): Promise<number> {
  if (call.positionals.length === 0)
    throw new CallError('Name at least one driver, folder or pattern: hvci-fix fix PATH...');
  const settings = await settingsOf(call, process.cwd());
  const fixSettings = fixSettingsOf(call, settings);
  const copyOf = copiesIn(call.values['out'] as string | undefined);
  const suppress = await suppressionsOf(settings.suppressions, settings.configurationPath);
  const baseline = await baselineOf(settings);
  const session = await Session.open(settings, undefined, call.values['out'] as string | undefined);
  const fixed = new FixedSoFar();
  const buffer = new ImageBuffer();
  // A folder or a pattern stands for all there is; a file only for itself.
  let everyImage = false;
  let done = 0;
  // A link may lead out of the folder that was named, and only what was named is changed.
  const source = new ReadAhead(await expand(call.positionals, { followLinks: false }));
  // One file ends as any program does; among many, the one that is being written is finished first.
  const interruption = new Interruption();
  if (await source.holds(2)) interruption.listen();
  for (let next = await source.next(); next !== null; next = await source.next()) {
    everyImage ||= !next.named;
    for await (const inspection of inspectFound(next, settings, suppress, buffer, interruption)) {
      const { report: inspected, material, found } = inspection;
      const report = baseline?.compare(inspected) ?? inspected;
      if (material === null) await fixed.tellIfLost(() => session.add(report, [], found.named));
      else {
        const how = { ...fixSettings, out: copyOf(found), package: inspection.package };
        const done = await fixImage(report, material, how, suppress, found.named);
        fixed.add(done);
        await fixed.tellIfLost(() => session.add(done, sectionRows(material.image), found.named));
      }
    }
    if (!interruption.sourceCutShort) done++;
    await interruption.heard();
    if (interruption.signal !== null) break;
  }
  interruption.release();
  const interrupted = interruptedAfter(done, interruption, source);
  const absent = baseline?.absent(everyImage && interrupted === null);
  const status = await fixed.tellIfLost(() => session.close(absent, interrupted));
  return exitStatusFor(status, interrupted);
}

/** Below a folder or pattern the path is kept, so that x64/driver.sys and arm64/driver.sys are two copies. */
function copiesIn(folder: string | undefined): (found: FoundFile | FoundFailure) => FixedCopy | null {
  const made = new Map<string, string>();
  return (found) => {
    if (folder === undefined) return null;
    const within = (found.ok ? found.relative : undefined) ?? basename(found.path);
    return { path: join(folder, within), made };
  };
}

function fixSettingsOf(
  { values }: Call,
  { stripWrite, stripExecute, code }: Settings,
): Omit<FixSettings, 'out' | 'package'> {
  const signWith = values['sign-with'] as string | undefined;
  if (values['out'] !== undefined && values['backup'] === true)
    throw new CallError('--out leaves the originals alone, so --backup has nothing to keep; choose one.');
  const command = signWith === undefined ? null : parseSignCommand(signWith);
  if (command !== null && !command.ok) throw new CallError(command.message);
  return {
    dryRun: values['dry-run'] === true,
    backup: values['backup'] === true,
    force: values['force'] === true,
    signCommand: command === null ? null : command.value,
    readCode: code,
    // Signing again takes the old signature off first.
    planOptions: { stripWrite, stripExecute, stripSignature: values['strip-signature'] === true || command !== null },
  };
}

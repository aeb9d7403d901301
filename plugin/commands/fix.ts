/** `hvci-fix fix`: check, plan, prove, write. What happens to one image is in fix-image.ts. */
import { basename, join } from 'node:path';
import { suppressionsOf } from '../configuration/suppressions.js';
import { expand } from '../files/expand.js';
import { ImageBuffer } from '../files/read.js';
import type { FoundFailure, FoundFile } from '../files/walk.js';
import { sectionRows } from '../inspection/image-report.js';
import { inspect } from '../inspection/inspect.js';
import { parseSignCommand } from '../signing/command.js';
import type { Call } from './arguments.js';
import { CallError } from './call-error.js';
import { type FixSettings, fixImage } from './fix-image.js';
import { Session } from './session.js';
import { baselineOf, type Settings, settingsOf } from './settings.js';
import type { FixedCopy } from './write-fixed.js';

export async function fixCommand(call: Call): Promise<number> {
  if (call.positionals.length === 0)
    throw new CallError('Name at least one driver, folder or pattern: hvci-fix fix PATH...');
  const settings = await settingsOf(call, process.cwd());
  const fixSettings = fixSettingsOf(call, settings);
  const copyOf = copiesIn(call.values['out'] as string | undefined);
  const suppress = await suppressionsOf(settings.suppressions, settings.configurationPath);
  const baseline = await baselineOf(settings);
  const session = await Session.open(settings);
  const buffer = new ImageBuffer();
  // A folder or a pattern stands for all there is; a file only for itself.
  let everyImage = false;
  // A link may lead out of the folder that was named, and only what was named is changed.
  for (const found of await expand(call.positionals, { followLinks: false })) {
    const { report: inspected, material } = await inspect(found, settings, suppress, buffer);
    const report = baseline?.compare(inspected) ?? inspected;
    everyImage ||= !found.named;
    if (material === null) session.add(report, [], found.named);
    else
      session.add(
        await fixImage(report, material, { ...fixSettings, out: copyOf(found) }, suppress, found.named),
        sectionRows(material.image),
        found.named,
      );
  }
  return session.close(baseline?.absent(everyImage));
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

function fixSettingsOf({ values }: Call, { stripWrite, stripExecute, code }: Settings): Omit<FixSettings, 'out'> {
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

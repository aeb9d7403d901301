/** `hvci-fix check`: reads, checks, reports. */

import { suppressionsOf } from '../configuration/suppressions.js';
import { ImageBuffer } from '../files/read.js';
import { expandPaths } from '../files/walk.js';
import { sectionRows } from '../inspection/image-report.js';
import { inspect } from '../inspection/inspect.js';
import type { Call } from './arguments.js';
import { CallError } from './call-error.js';
import { Session } from './session.js';
import { settingsOf } from './settings.js';

export async function checkCommand(call: Call): Promise<number> {
  if (call.positionals.length === 0)
    throw new CallError('Name at least one driver, folder or pattern: hvci-fix check PATH...');
  const settings = await settingsOf(call, process.cwd());
  const suppress = await suppressionsOf(settings.suppressions, settings.configurationPath);
  const session = await Session.open(settings);
  const buffer = new ImageBuffer();
  for (const found of await expandPaths(call.positionals)) {
    const { report, material } = await inspect(found, settings, suppress, buffer);
    session.add(report, material === null ? [] : sectionRows(material.image), found.named);
  }
  return session.close();
}

/**
 * npm run bench: speed as ratios against named peers, measured side by side in one run. Nothing is asserted.
 * Arguments: --rounds N (default 31), --drivers N (default 2000), --only PART (may be repeated; default all parts).
 */
import { parseArgs } from 'node:util';
import * as codeRules from './code-rules.js';
import { hooks } from './hooks.js';
import * as imageRules from './image-rules.js';
import { say } from './race.js';
import { report } from './report.js';
import { scan } from './scan.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '31' },
    drivers: { type: 'string', default: '2000' },
    only: { type: 'string', multiple: true },
  },
});
const rounds = Number(values.rounds);
const drivers = Number(values.drivers);

const PARTS: Readonly<Record<string, () => void | Promise<void>>> = {
  cold: () => imageRules.cold(rounds),
  folder: () => imageRules.folder(rounds, drivers),
  report: () => report(rounds, drivers),
  scan: () => scan(Math.min(rounds, 5), drivers),
  hooks: () => hooks(rounds),
  'code-warm': () => codeRules.warm(Math.min(rounds, 15)),
  'code-cold': () => codeRules.cold(rounds),
};

const wanted = values.only ?? Object.keys(PARTS);
const unknown = wanted.find((part) => PARTS[part] === undefined);
if (unknown !== undefined) {
  say(`There is no part ${unknown}; the parts are ${Object.keys(PARTS).join(', ')}.`);
  process.exitCode = 2;
} else {
  for (const part of wanted) await PARTS[part]?.();
}

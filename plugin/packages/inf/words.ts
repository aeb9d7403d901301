/** What reports say of an INF and of the images it names. */
import type { Machine } from '../../../fixer/pe/machine.js';
import type { TargetOs } from '../../../fixer/rules/target-os.js';
import { type FileFailure, fileFailure } from '../../files/failure.js';
import type { InfMachine } from './decoration.js';
import type { InfImage } from './drivers.js';
import type { InfProblem } from './parse.js';

const MOST_PROBLEMS = 10;
const LONGEST_PROBLEM = 300;
const MACHINES: Readonly<Record<InfMachine, Machine>> = {
  x86: 'x86',
  amd64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia64: 'ia64',
};

/** `named in foo.inf [SourceDisksFiles.amd64] line 23, for x64`. */
export function namedIn(inf: string, { file, machines }: InfImage): string {
  const list = listed(machines);
  return `named in ${inf} [${file.section}] line ${file.line}${list === '' ? '' : `, for ${list}`}`;
}

/** `x86, x64 and arm64`. */
const listed = (machines: readonly InfMachine[]): string =>
  machines
    .map((machine) => MACHINES[machine])
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' and ');

/** What is odd about an image in view of what the INF says of it. */
export function machineNote(inf: string, { machines }: InfImage, machine: Machine): string | null {
  if (machines.length === 0 || machine === 'unknown' || machines.some((each) => MACHINES[each] === machine))
    return null;
  return `${inf} installs it on ${listed(machines)} only, but its machine is ${machine}`;
}

export const targetNote = (inf: string, targetOs: TargetOs): string =>
  `judged for Windows ${targetOs.replace('-', ' ')} and later, which ${inf} names`;

export function problemNotes(inf: string, problems: readonly InfProblem[]): string[] {
  const notes = problems.slice(0, MOST_PROBLEMS).map(({ line, message }) => {
    const shown = message.length > LONGEST_PROBLEM ? `${message.slice(0, LONGEST_PROBLEM)}...` : message;
    return `${inf} line ${line}: ${shown}`;
  });
  const more = problems.length - MOST_PROBLEMS;
  return more > 0 ? [...notes, `${inf} has ${more} more such lines`] : notes;
}

export const notThere = (inf: string, image: InfImage, path: string): FileFailure =>
  fileFailure(
    'missing',
    path,
    `Cannot check ${image.file.name}: ${namedIn(inf, image)}, and not found there. Put the built driver into the package, or take the line out.`,
  );

export const packed = (inf: string, image: InfImage, path: string): FileFailure =>
  fileFailure(
    'not-supported',
    path,
    `Passed over ${path}: ${namedIn(inf, image)}, and compressed. Unpack it with \`expand\` and check the result.`,
  );

export const inCabinet = (inf: string, image: InfImage, cabinet: string, path: string): FileFailure =>
  fileFailure(
    'not-supported',
    path,
    `Passed over ${image.file.name}: ${namedIn(inf, image)}, inside ${cabinet}. Check that: hvci-fix check ${cabinet}`,
  );

export const leadsOut = (inf: string, image: InfImage): FileFailure =>
  fileFailure(
    'outside',
    inf,
    `Passed over ${image.file.name}: ${namedIn(inf, image)}, in a folder that leads out of the package. Check the file by itself.`,
  );

export const ofWindows = (inf: string, image: InfImage): string =>
  `${image.file.name} is ${namedIn(inf, image)}, and comes from Windows or another package: it is not checked`;

export function nothingNamed(inf: string, notes: readonly string[]): FileFailure {
  const why = notes.length === 0 ? '' : ` ${notes.join('. ')}.`;
  return fileFailure(
    'no-match',
    inf,
    `Nothing to check in ${inf}: it has no .sys, .dll, .exe or .efi file of its own.${why} Name the INF that installs the driver.`,
  );
}

/** In an archive: the images there are checked all the same. */
export const tooLargeInf = (inf: string, size: number, limit: number): FileFailure =>
  fileFailure(
    'limit',
    inf,
    `Passed over ${inf}: it has ${size} bytes, and an INF of more than ${limit} is not read. Which drivers it installs is not known; those in the archive are checked. See whether it is an INF at all.`,
  );

export const tooManyNamed = (inf: string, count: number, limit: number): FileFailure =>
  fileFailure(
    'limit',
    inf,
    `Cannot check ${inf}: it names ${count} images; the limit is ${limit}. Name the drivers, or the folder that they are in.`,
  );

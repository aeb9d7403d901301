/** Puts the option behind each finding, and where it was set, in front of the remedy. */
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import { parseCodeView } from '../../fixer/pe/debug/codeview.js';
import { linkerCommandFromPdb } from '../../fixer/pe/debug/linker-command.js';
import type { Image } from '../../fixer/pe/image.js';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { decodeText } from '../files/decode-text.js';
import { fromSystemError } from '../files/failure.js';
import { isLeft } from '../inspection/image-report.js';
import { type LinkerOption, readLinkerOptions } from '../link/options.js';
import { splitWindows } from '../link/quoting.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';
import { type Culprit, culpritsOf, hasFinder } from './culprit.js';

export interface KnownOptions {
  readonly options: readonly LinkerOption[];
  /** `LINK_OPTIONS of target foo`, `foo.vcxproj`. */
  readonly source: string;
}

/** A PDB larger than this is not read for the sake of a hint. */
const LARGEST_PDB = 2 ** 28;

/** Where `known` explains nothing, or is null, the linker's command line is looked for in the PDB beside the image. */
export function withOptionHints(report: ImageReport, image: Image, known: KnownOptions | null): ImageReport {
  const sources: Iterable<KnownOptions> = lazily(report.path, image, known);
  const findings = report.findings.map((finding): ReportedFinding => {
    if (!isLeft(finding) || !hasFinder(finding)) return finding;
    for (const { options, source } of sources) {
      const culprits = culpritsOf(finding, options);
      if (culprits.length > 0) return { ...finding, hint: `${causeWords(culprits, source)} ${finding.hint}` };
    }
    return finding;
  });
  return { ...report, findings };
}

/** The PDB is read once, and only when a finding gets that far. */
function lazily(path: string, image: Image, known: KnownOptions | null): Iterable<KnownOptions> {
  let fromPdb: KnownOptions | null | undefined;
  return {
    *[Symbol.iterator]() {
      if (known !== null) yield known;
      if (fromPdb === undefined) fromPdb = optionsFromPdb(path, image);
      if (fromPdb !== null) yield fromPdb;
    },
  };
}

function causeWords(culprits: readonly Culprit[], source: string): string {
  const project = /\.(?:\w*proj|props|targets)$/i.test(source);
  const parts = [...culprits].map(({ text, property }) =>
    project && property !== null ? `${text}, from ${property} in ${source}` : `${text} in ${source}`,
  );
  return `Cause: ${[...new Set(parts)].join('; ')}.`;
}

/** A text of options: one argument a line, or a whole command line on one. */
export function optionsFromText(text: string): LinkerOption[] {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  const isOneArgument = (line: string): boolean => !/\s[/-]/.test(line) && !line.includes('"');
  return readLinkerOptions(lines.flatMap((line) => (isOneArgument(line) ? [line] : splitWindows(line))));
}

/** By `--link-options`, `--link-source` and `--project`; null where the first is not given. Throws CallError for an unreadable file. */
export function knownOptions(values: Call['values']): KnownOptions | null {
  const path = values['link-options'] as string | undefined;
  if (path === undefined || path === '') return null;
  const source = (values['link-source'] as string | undefined) || (values['project'] as string | undefined);
  try {
    return { options: optionsFromText(decodeText(readFileSync(path))), source: source ?? 'the link options' };
  } catch (error) {
    throw new CallError(fromSystemError(error, 'read the link options', path).message);
  }
}

function optionsFromPdb(path: string, image: Image): KnownOptions | null {
  const codeView = parseCodeView(image);
  const identity = codeView.ok ? codeView.value : null;
  if (identity === null) return null;
  const names = [`${parse(path).name}.pdb`, basename(identity.pdbPath.replaceAll('\\', '/'))];
  for (const name of new Set(names)) {
    const pdb = join(dirname(path), name);
    try {
      const status = statSync(pdb, { throwIfNoEntry: false });
      if (status === undefined || !status.isFile() || status.size > LARGEST_PDB) continue;
      const command = linkerCommandFromPdb(readFileSync(pdb), identity);
      if (command.ok && command.value !== null)
        return {
          options: readLinkerOptions(splitWindows(command.value)),
          source: `the linker's command line in ${name}`,
        };
    } catch {
      // A hint is not worth a failure.
    }
  }
  return null;
}

/** --help, made from the option table. */
import { COMMANDS, type Command, type Option } from '../call/option-table.js';

const EXIT_STATUS = `Exit status
  0  nothing of severity error is left
  1  an error is left, or a fix was refused
  2  the call was wrong, or a file named in it is unreadable, malformed or could not be written`;

/** Commands that judge no driver. */
const EXIT_STATUS_OF: Readonly<Record<string, string>> = {
  baseline: `Exit status
  0  the baseline was written, whatever is in it
  2  the call was wrong, or a file named in it is unreadable or could not be written`,
  explain: `Exit status
  0  explained, whatever the log reports
  2  the call was wrong, a file is unreadable, or nothing in it is known

FILE is a text, XML or JSON in UTF-8 or UTF-16, - is standard input. A code comes before a file of that name: write ./2003.`,
  undo: `Exit status
  0  every file is as it was before fix
  1  a file was changed since and was left alone
  2  the call was wrong, or a file or its backup could not be read or written`,
  status: `Exit status
  0  memory integrity would load each of the loaded drivers, as far as is known
  1  it would refuse one
  2  the call was wrong, or the system does not answer (Windows only)`,
  init: `Exit status
  0  done, or nothing to do
  2  the call was wrong, there is no driver project, or a file is in the way`,
};

export function generalHelp(): string {
  const width = Math.max(...COMMANDS.map(({ usage }) => usage.length));
  const lines = COMMANDS.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`);
  return `hvci-fix tells whether Windows memory integrity (HVCI) accepts a driver, and makes the fixes that are safe.

${lines.join('\n')}

hvci-fix COMMAND --help shows the options of a command, hvci-fix --version the version.

${EXIT_STATUS}
`;
}

export function commandHelp({ usage, summary, options, name }: Command): string {
  const exitStatus = EXIT_STATUS_OF[name] ?? EXIT_STATUS;
  const left = options.map(leftColumn);
  const width = Math.max(...left.map((text) => text.length));
  const lines = options.map(({ help }, index) => `  ${(left[index] ?? '').padEnd(width)}  ${help}`);
  return `${usage}\n\n${summary}\n\nOptions\n${lines.join('\n')}\n${exitStatus === '' ? '' : `\n${exitStatus}\n`}`;
}

const leftColumn = ({ name, short, value }: Option): string =>
  `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;

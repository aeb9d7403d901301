/** Command line in, a call out; everything wrong with it is a CallError that names the option. */
import { parseArgs } from 'node:util';
import { CallError } from './call-error.js';
import { COMMANDS, type Command, type Option } from './option-table.js';

export interface Call {
  readonly command: Command;
  /** False for `hvci-fix driver.sys`, where `check` is understood. */
  readonly commandNamed: boolean;
  readonly positionals: readonly string[];
  /** The value of each option that was given; a list for one that may be repeated. */
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

export function parseCall(args: readonly string[]): Call {
  const first = args.find((arg) => !arg.startsWith('-'));
  const named = COMMANDS.find(({ name }) => name === first);
  const command = named ?? (COMMANDS[0] as Command);
  // Only the first such word is the command: `hvci-fix check check` checks a file named check.
  const rest = named === undefined ? [...args] : args.toSpliced(args.indexOf(command.name), 1);
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      options: Object.fromEntries(command.options.map(toParseArgs)),
      allowPositionals: true,
    });
    return { command, commandNamed: named !== undefined, positionals, values: values as Call['values'] };
  } catch (error) {
    throw new CallError(`${inPlainWords(error, command)}\nTry hvci-fix ${command.name} --help.`);
  }
}

function toParseArgs({
  name,
  short,
  value,
  repeatable,
}: Option): [string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }] {
  return [
    name,
    {
      type: value === undefined ? 'boolean' : 'string',
      ...(short === undefined ? {} : { short }),
      multiple: repeatable === true,
    },
  ];
}

function inPlainWords(error: unknown, command: Command): string {
  const message = error instanceof Error ? error.message : String(error);
  const option = /'(-{1,2}[^' ,<]+)/.exec(message)?.[1];
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (option === undefined) return message;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const elsewhere = COMMANDS.filter((other) => other.options.some(({ name }) => `--${name}` === option));
    const hint = elsewhere.length === 0 ? '' : `; it belongs to ${elsewhere.map(({ name }) => name).join(', ')}`;
    return `There is no option ${option} for ${command.name}${hint}.`;
  }
  const known = command.options.find(({ name, short }) => `--${name}` === option || `-${short}` === option);
  if (known?.value === undefined) return `The option ${option} takes no value.`;
  return `The option ${option} needs a value: ${option} ${known.value}.`;
}

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
  // Only the first word is the command: `hvci-fix check check` checks a file named check.
  const at = firstWord(args);
  const named = COMMANDS.find(({ name }) => name === args[at]);
  const command = named ?? (COMMANDS[0] as Command);
  const { values, positionals } = parse(named === undefined ? [...args] : args.toSpliced(at, 1), command);
  for (const { name, value } of command.options) {
    // An empty variable of a build script, most often.
    if (value !== undefined && [values[name]].flat().includes(''))
      throw new CallError(`The option --${name} needs a value: --${name} ${value}.`);
  }
  return { command, commandNamed: named !== undefined, positionals, values };
}

function parse(args: string[], command: Command): Pick<Call, 'positionals' | 'values'> {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: Object.fromEntries(command.options.map(toParseArgs)),
      allowPositionals: true,
    });
    return { positionals, values: values as Call['values'] };
  } catch (error) {
    throw new CallError(`${inPlainWords(error, command)}\nTry hvci-fix ${command.name} --help.`);
  }
}

/** Index of the first argument that is neither an option nor an option's value; -1 where there is none. */
function firstWord(args: readonly string[]): number {
  const takesValue = (arg: string): boolean =>
    COMMANDS.some(({ options }) =>
      options.some(
        ({ name, short, value }) => value !== undefined && (arg === `--${name}` || (short && arg === `-${short}`)),
      ),
    );
  for (let at = 0; at < args.length && args[at] !== '--'; at++) {
    const arg = args[at] ?? '';
    if (!arg.startsWith('-')) return at;
    if (takesValue(arg)) at++;
  }
  return -1;
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
  // Node names an option with its short form, '-q, --quiet': the long one says more.
  const option = /'(?:-\w, )?(-{1,2}[^' ,<=]+)/.exec(message)?.[1];
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

/**
 * Command line in, a call out; everything wrong with it is a CallError that names the option. The syntax is that of
 * node:util's parseArgs, which a test holds this to: loading that one takes longer than to check a driver's headers.
 */
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
  const parser = new OptionParser(command);
  parser.parse(named === undefined ? [...args] : args.toSpliced(at, 1));
  const { values, positionals } = parser;
  return { command, commandNamed: named !== undefined, positionals, values };
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

/** Forms: `--name`, `--name value`, `--name=value`, `-n`, `-n value`, `-nvalue`, `-abn value`, `--` and the rest. */
class OptionParser {
  readonly values: Record<string, string | boolean | string[]> = {};
  readonly positionals: string[] = [];
  readonly #command: Command;

  constructor(command: Command) {
    this.#command = command;
  }

  parse(args: readonly string[]): void {
    for (let at = 0; at < args.length; at++) {
      const arg = args[at] as string;
      if (arg === '--') {
        this.positionals.push(...args.slice(at + 1));
        return;
      }
      if (!isOption(arg)) this.positionals.push(arg);
      else if (arg.startsWith('--') ? this.#long(arg, args[at + 1]) : this.#short(arg, args[at + 1])) at++;
    }
  }

  /** True where `next` was the option's value. */
  #long(arg: string, next: string | undefined): boolean {
    const equals = arg.indexOf('=', 3);
    const shown = equals < 0 ? arg : arg.slice(0, equals);
    const option = this.#known(shown, ({ name }) => shown === `--${name}`);
    if (equals < 0) return this.#takeNext(option, shown, next);
    if (option.value === undefined) throw this.#wrong(`The option ${shown} takes no value.`);
    this.#store(option, arg.slice(equals + 1));
    return false;
  }

  /** As `#long`; letters that take no value may be joined. */
  #short(letters: string, next: string | undefined): boolean {
    for (let at = 1; at < letters.length; at++) {
      const shown = `-${letters[at]}`;
      const option = this.#known(shown, ({ short }) => short === letters[at]);
      if (option.value !== undefined && at + 1 < letters.length) {
        this.#store(option, letters.slice(at + 1));
        return false;
      }
      if (this.#takeNext(option, shown, next)) return true;
    }
    return false;
  }

  #takeNext(option: Option, shown: string, next: string | undefined): boolean {
    if (option.value === undefined) {
      this.values[option.name] = true;
      return false;
    }
    // A forgotten value, not one that begins with a dash: that is written --name=-value.
    if (next === undefined || isOption(next)) throw this.#needsValue(option, shown);
    this.#store(option, next);
    return true;
  }

  #store(option: Option, value: string): void {
    const { name, repeatable } = option;
    // An empty variable of a build script, most often.
    if (value === '') throw new CallError(`The option --${name} needs a value: --${name} ${option.value}.`);
    if (repeatable !== true) {
      this.values[name] = value;
      return;
    }
    const list = this.values[name];
    if (Array.isArray(list)) list.push(value);
    else this.values[name] = [value];
  }

  #known(shown: string, isIt: (option: Option) => boolean): Option {
    const option = this.#command.options.find(isIt);
    if (option !== undefined) return option;
    const elsewhere = COMMANDS.filter((other) => other.options.some(({ name }) => `--${name}` === shown));
    const hint = elsewhere.length === 0 ? '' : `; it belongs to ${elsewhere.map(({ name }) => name).join(', ')}`;
    const meant = elsewhere.length === 0 ? this.#meant(shown) : undefined;
    const question = meant === undefined ? '' : ` Did you mean --${meant.name}?`;
    throw this.#wrong(`There is no option ${shown} for ${this.#command.name}${hint}.${question}`);
  }

  /** A letter is taken for the beginning of a name where only one begins with it: `-v`. */
  #meant(shown: string): Option | undefined {
    const { options } = this.#command;
    if (shown.startsWith('--')) return options.find(({ name }) => isAlike(name, shown));
    const alike = options.filter(({ name }) => name.startsWith(shown.slice(1).toLowerCase()));
    return alike.length === 1 ? alike[0] : undefined;
  }

  #needsValue(option: Option, shown: string): CallError {
    return this.#wrong(`The option ${shown} needs a value: ${shown} ${option.value}.`);
  }

  #wrong(message: string): CallError {
    return new CallError(`${message}\nTry hvci-fix ${this.#command.name} --help.`);
  }
}

/** A single dash is a word: the name by which many programs call standard input. */
const isOption = (arg: string): boolean => arg.length > 1 && arg.startsWith('-');

/** Case and dashes aside, or a plural. */
function isAlike(name: string, shown: string): boolean {
  const letters = (text: string): string => text.replaceAll('-', '').toLowerCase().replace(/s$/, '');
  return letters(name) === letters(shown);
}

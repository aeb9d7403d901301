/** The build step's command line: response file, literal values, and more options in one text. */
import { readFileSync } from 'node:fs';
import { type Call, parseCall } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { COMMANDS } from '../call/option-table.js';
import { decodeText } from '../files/decode-text.js';
import { fromSystemError } from '../files/failure.js';
import { splitWindows } from '../link/quoting.js';

/** Throws CallError. `args` is what follows `build-step`. */
export function parseBuildStep(args: readonly string[]): Call {
  const call = parseCall(['build-step', ...joinValues(expand(args))]);
  const additional = call.values['additional'] as string | undefined;
  if (additional === undefined) return withoutPaths(call);
  const more = splitWindows(additional);
  return withoutPaths(parseCall(['build-step', ...joinValues(expand(args)), ...joinValues(more)]));
}

/** Lines of a response file are taken as they are: a path may hold quotes, blanks, semicolons, anything but a line end. */
function expand(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    if (!arg.startsWith('@') || arg.length === 1) return [arg];
    const path = arg.slice(1);
    try {
      return decodeText(readFileSync(path))
        .split(/\r\n|\n|\r/)
        .filter((line) => line !== '');
    } catch (error) {
      throw new CallError(fromSystemError(error, 'read the response file', path).message);
    }
  });
}

/**
 * `--name value` as `--name=value`, so that a value may begin with a dash. A value that is itself an option of the build
 * step is none: a variable was empty.
 */
function joinValues(args: readonly string[]): string[] {
  const options = COMMANDS.find(({ name }) => name === 'build-step')?.options ?? [];
  const names = new Set(options.map(({ name }) => `--${name}`));
  const result: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    const next = args[at + 1];
    const takesValue = options.some(({ name, value }) => value !== undefined && `--${name}` === arg);
    if (!takesValue || next === undefined || (names.has(next) && arg !== '--additional')) result.push(arg);
    else {
      result.push(`${arg}=${next}`);
      at++;
    }
  }
  return result;
}

function withoutPaths(call: Call): Call {
  const [path] = call.positionals;
  if (path !== undefined)
    throw new CallError(`build-step takes no path by itself: name the image with --image ${path}.`);
  return call;
}

/**
 * The words of --help, --version and of a call without anything. A change here is one that users see. To accept one:
 * `node dist/cli.cjs fix --help >tests/plugin/commands/fix.help.txt`, and without a command for general.help.txt.
 */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { COMMANDS } from '../../../plugin/call/option-table.js';
import { run } from '../../support/command.js';
import { repositoryFile } from '../../support/repository.js';

const golden = (name: string): string => readFileSync(repositoryFile(`tests/plugin/commands/${name}.help.txt`), 'utf8');

for (const [args, name] of [
  [['--help'], 'general'],
  [['-h'], 'general'],
  [['fix', '-h', 'a.sys'], 'fix'],
  ...COMMANDS.map(({ name }) => [[name, '--help'], name] as const),
] as const) {
  test(`hvci-fix ${args.join(' ')}`, async (t) => {
    t.deepEqual(await run(args), { exitCode: 0, stdout: golden(name), stderr: '' });
  });
}

test('a call without anything is wrong: the help on standard error, status 2', async (t) => {
  t.deepEqual(await run([]), { exitCode: 2, stdout: '', stderr: golden('general') });
});

test('--version, by itself and of every command', async (t) => {
  const { version } = JSON.parse(readFileSync(repositoryFile('package.json'), 'utf8')) as { version: string };
  for (const command of [[], ...COMMANDS.map(({ name }) => [name])])
    t.deepEqual(await run([...command, '--version']), { exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test('every option that design.md names is there, and the help is no wider than it need be', (t) => {
  const common = ['format', 'output', 'target-os', 'config', 'severity', 'quiet', 'no-color', 'max-warnings'];
  const fixOnly = ['dry-run', 'out', 'backup', 'strip-signature', 'sign-with', 'strip-write', 'strip-execute', 'force'];
  for (const option of common) t.regex(golden('check'), new RegExp(`--${option}\\b`));
  for (const option of [...common, ...fixOnly]) t.regex(golden('fix'), new RegExp(`--${option}\\b`));
  for (const name of ['general', 'check', 'fix']) t.regex(golden(name), /Exit status\n {2}0 .*\n {2}1 .*\n {2}2 /);
});

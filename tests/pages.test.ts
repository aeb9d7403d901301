/** What the pages quote is what the command prints, and the members of JSON that they name are those that it has. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { COMMANDS } from '../plugin/call/option-table.js';
import { membersOf } from './plugin/commands/report-schema.js';
import { folderWith, run } from './support/command.js';
import { repositoryFile } from './support/repository.js';
import { committedSample } from './support/toolchain/samples.js';

const page = (path: string): string => readFileSync(repositoryFile(path), 'utf8');

/** The first indented block of a page that begins with a prompt: the command's arguments, and what it printed. */
function session(path: string): { readonly args: readonly string[]; readonly printed: string } {
  const [, command = '', printed = ''] =
    /^ {4}\$ npx hvci-fix (.*)\n((?: {4}.*\n|\n(?= {4}))+)/m.exec(page(path)) ?? [];
  return { args: command.split(' '), printed: printed.replace(/^ {4}/gm, '') };
}

test('README.md quotes a real check', async (t) => {
  const { folder } = folderWith(t, { 'driver.sys': 'init-rwx' });
  const { args, printed } = session('README.md');
  t.deepEqual(args, ['driver.sys']);
  t.is((await run(args, { cwd: folder })).stdout, printed);
});

/** As `!analyze -v` prints it; the driver lies where the module list says. */
const LOG = `start             end                 module name
fffff809\`4b980000 fffff809\`4b987000   pool       (deferred)



DRIVER_VERIFIER_DETECTED_VIOLATION (c4)
Arguments:
Arg1: 0000000000002000, Code Integrity Issue: The caller specified an executable pool type. (Expected: NonPagedPoolNx)
Arg2: fffff8094b981017, The address in the driver's code where the error was detected.
Arg3: 0000000000000000, Pool Type.
Arg4: 0000000069637648, Pool Tag (if provided).
`;

test('plugin/explain/README.md quotes a real explanation and names all members of its JSON', async (t) => {
  const { folder, at } = folderWith(t);
  copyFileSync(committedSample('executable-pool'), at('pool.sys'));
  writeFileSync(at('log.txt'), LOG);
  const { args, printed } = session('plugin/explain/README.md');
  const { stdout } = await run(args, { cwd: folder });
  t.true(printed.length > 300);
  t.is(stdout.slice(0, printed.length), printed);
  const json = await run([...args, '--format', 'json'], { cwd: folder });
  allNamed(t.true, 'plugin/explain/README.md', JSON.parse(json.stdout));
});

test('fixer/fix/README.md names all members of the JSON of undo', async (t) => {
  const { folder } = folderWith(t, { 'driver.sys': 'init-rwx' });
  await run(['fix', '--backup', 'driver.sys'], { cwd: folder });
  const { stdout } = await run(['undo', 'driver.sys', '--format', 'json'], { cwd: folder });
  const report = JSON.parse(stdout);
  // Of `tool` the name is enough: it is the same everywhere.
  allNamed(t.true, 'fixer/fix/README.md', { ...report, tool: null });
});

function allNamed(isTrue: (actual: boolean, message: string) => void, path: string, value: unknown): void {
  const named = new Set([...page(path).matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const members = [...membersOf(value)].map((member) => member.slice(member.lastIndexOf('.') + 1));
  isTrue(members.length > 5, `${members.length} members`);
  for (const member of members) isTrue(named.has(member), `${path} does not name ${member}`);
}

test('README.md has every command', (t) => {
  const text = page('README.md');
  // What build hooks call, and no person.
  for (const { name } of COMMANDS)
    t.is(
      name === 'build-step' || text.includes(name === 'check' ? 'hvci-fix [check]' : `hvci-fix ${name} `),
      true,
      name,
    );
});

test('CONTRIBUTING.md has every folder, and a reason for every package', (t) => {
  const text = page('CONTRIBUTING.md');
  for (const top of ['fixer', 'plugin'])
    for (const entry of readdirSync(repositoryFile(top), { withFileTypes: true }))
      if (entry.isDirectory()) t.true(text.includes(`\`${top}/${entry.name}\``), `${top}/${entry.name}`);
  const { dependencies, devDependencies } = JSON.parse(page('package.json'));
  const reasons = text.slice(text.indexOf('## Dependencies'));
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    const listed = name.startsWith('@types/') ? '@types/*' : name;
    t.true(reasons.split(/[\s,]+/).includes(listed), name);
  }
});

/**
 * The compiler, linker and signer behind the stand-in for the VC targets: `node vc-task.js FILE`, where FILE's first
 * line is the task and the others are `name=value`. No shell sees a path.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { toolPath } from '../toolchain/tools.js';

type Task = (all: (name: string) => string[], one: (name: string) => string) => void;

const machines: Record<string, { triple: string; machine: string }> = {
  x64: { triple: 'x86_64-pc-windows-msvc', machine: 'x64' },
  ARM64: { triple: 'aarch64-pc-windows-msvc', machine: 'arm64' },
};

const run = (tool: string, args: readonly string[]): void => {
  execFileSync(toolPath(tool), args, { stdio: 'inherit' });
};
const machineOf = (platform: string) => machines[platform] ?? machines['x64']!;

const compile: Task = (all, one) => {
  run('clang-22', [
    ...[`--target=${machineOf(one('platform')).triple}`, '-std=c11', '-O2', '-ffreestanding', '-fno-builtin'],
    ...[
      '-fno-stack-protector',
      '-funwind-tables',
      '-Xclang',
      '-fms-kernel',
      '-mno-stack-arg-probe',
      '-Wall',
      '-Werror',
    ],
    // mingw's kernel headers, where a template includes them, are for gcc, and full of what clang warns of.
    ...['-fgnuc-version=4.8.0', '-U_MSC_VER', '-fms-extensions', '-Wno-#warnings'],
    ...all('definition').map((definition) => `-D${definition}`),
    ...all('include').flatMap((folder) => ['-isystem', folder]),
    ...['-c', '-o', one('output'), one('source')],
  ]);
};

/** Runs lld-link where the real Link task would: inputs newer than the output, another command line, or no tracking. */
const link: Task = (all, one) => {
  const here = process.cwd();
  // lld-link takes a path that begins with a slash for an option.
  const named = (path: string) => relative(here, path) || path;
  const output = one('output');
  const inputs = [...all('object'), ...all('library')];
  const args = [
    ...['/nologo', '/nodefaultlib', '/Brepro', `/machine:${machineOf(one('platform')).machine}`],
    ...all('option'),
    ...one('more').split(' ').filter(Boolean),
    `/out:${named(output)}`,
    ...inputs.map(named),
  ];
  const commandLog = join(one('folder'), 'link.command.1.tlog');
  const command = args.join('\n');
  const upToDate =
    one('minimal') !== 'false' &&
    existsSync(output) &&
    existsSync(commandLog) &&
    readFileSync(commandLog, 'utf8') === command &&
    inputs.every((input) => statSync(input).mtimeMs <= statSync(output).mtimeMs);
  if (upToDate) {
    process.stdout.write('All outputs are up to date.\n');
    return;
  }
  run('lld-link-22', args);
  writeFileSync(commandLog, command);
  process.stdout.write('linked\n');
};

/** As signtool would: nothing is done to an image that is signed already and was not written since. */
const sign: Task = (_all, one) => {
  const image = one('image');
  const stamp = join(one('folder'), 'sign.stamp');
  const time = () => String(statSync(image).mtimeMs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === time()) return;
  const signed = `${image}.signed`;
  const key = ['-certs', one('certificate'), '-key', one('key')];
  run('osslsigncode', ['sign', '-h', 'sha256', ...key, '-in', image, '-out', signed]);
  renameSync(signed, image);
  writeFileSync(stamp, time());
};

const tasks: Record<string, Task> = { compile, link, sign };

const [name = '', ...lines] = readFileSync(process.argv[2]!, 'utf8')
  .replace(/^\uFEFF/, '')
  .split(/\r?\n/)
  .filter(Boolean);
const all = (wanted: string): string[] =>
  lines.filter((line) => line.startsWith(`${wanted}=`)).map((line) => line.slice(wanted.length + 1));
try {
  tasks[name]!(all, (wanted) => all(wanted)[0] ?? '');
} catch (error) {
  // The tool has said why.
  process.exitCode = (error as { status?: number }).status ?? 1;
  if (process.exitCode === 1 && !(error as { status?: number }).status) process.stderr.write(`${String(error)}\n`);
}

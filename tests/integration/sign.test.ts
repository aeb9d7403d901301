/** Signed drivers: refused, stripped, or signed again by the user's own tool, osslsigncode here. It judges the result too. */
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { folderWith, run, runJson } from '../support/command.js';
import { pefile, violationsIn } from '../support/toolchain/oracles.js';
import { committedSample } from '../support/toolchain/samples.js';
import { sign, signingKey, verifySignature } from '../support/toolchain/signing.js';
import { oracleTools, signingTools, toolPath, toolsReady } from '../support/toolchain/tools.js';
import { content, onlyPlannedBytes } from './fix-support.js';

const ready = (t: ExecutionContext): boolean => toolsReady(t, [...oracleTools, ...signingTools]);

async function signedDriver(t: ExecutionContext, sample = 'init-rwx') {
  const { folder, at } = folderWith(t);
  copyFileSync(await sign(committedSample(sample)), at('a.sys'));
  return { folder, at };
}

/** The command for --sign-with: {in} and {out}, or a script that signs {file} in place. */
async function signer(style: 'in-out' | 'in-place', folder: string): Promise<string> {
  const { key, certificate } = await signingKey();
  const options = `sign -h sha256 -certs "${certificate}" -key "${key}"`;
  if (style === 'in-out') return `${toolPath('osslsigncode')} ${options} -in {in} -out {out}`;
  const script = `${folder}/sign.sh`;
  const lines = [
    '#!/bin/sh',
    'set -e',
    `${toolPath('osslsigncode')} ${options} -in "$1" -out "$1.new"`,
    'mv "$1.new" "$1"',
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  chmodSync(script, 0o755);
  return `${script} {file}`;
}

test('without a word: refused, with what to do, and what cannot be done', async (t) => {
  if (!ready(t)) return;
  const { folder, at } = await signedDriver(t);
  const before = content(at('a.sys'));
  const { exitCode, image } = await runJson(['fix', 'a.sys'], { cwd: folder });
  t.is(exitCode, 1);
  t.true(image.signed);
  const [refusal] = image.plan?.refusals ?? [];
  t.is(refusal?.code, 'signed');
  for (const words of [
    '--strip-signature',
    '--sign-with "<command with {file}>"',
    'Microsoft signature (WHQL, attestation)',
  ])
    t.true(refusal?.message.includes(words), refusal?.message);
  t.regex(refusal?.message ?? '', /cannot be made again that way/);
  t.deepEqual(content(at('a.sys')), before);
  t.is((await run(['fix', 'a.sys'], { cwd: folder })).exitCode, 1);
});

test('--strip-signature: no certificate is left, the checksum is right, only planned bytes changed', async (t) => {
  if (!ready(t)) return;
  const { folder, at } = await signedDriver(t);
  const before = content(at('a.sys'));
  const { exitCode, image } = await runJson(['fix', '--strip-signature', 'a.sys'], { cwd: folder });
  t.is(exitCode, 0);
  t.false(image.signed);
  // The certificate table's file offset: data directory 4 of a PE32+ image.
  t.is(image.plan?.truncateTo, before.readUInt32LE(before.readUInt32LE(0x3c) + 24 + 112 + 4 * 8));
  t.is(image.plan?.truncateTo, content(at('a.sys')).length);
  onlyPlannedBytes(t, before, content(at('a.sys')), image);
  const [report] = await pefile([at('a.sys')]);
  t.deepEqual(violationsIn(report!), []);
  t.deepEqual(report!.certificate, { offset: 0, size: 0, type: null });
  t.is(report!.overlayOffset, null, 'the certificates went with their entry');
  t.false((await verifySignature(at('a.sys'))).valid);
  // The driver as it was before it was signed, fixed, is the same file.
  const plain = folderWith(t, { 'a.sys': 'init-rwx' });
  await run(['fix', 'a.sys'], { cwd: plain.folder });
  t.deepEqual(content(at('a.sys')), content(plain.at('a.sys')));
});

for (const style of ['in-out', 'in-place'] as const) {
  for (const signed of [true, false]) {
    test(`--sign-with, ${style}, ${signed ? 'a signed' : 'an unsigned'} driver: fixed, signed, and it verifies`, async (t) => {
      if (!ready(t)) return;
      const { folder, at } = signed ? await signedDriver(t) : folderWith(t, { 'a.sys': 'init-rwx' });
      const { exitCode, image } = await runJson(['fix', 'a.sys', '--sign-with', await signer(style, folder)], {
        cwd: folder,
      });
      t.is(exitCode, 0);
      const { valid, output } = await verifySignature(at('a.sys'));
      t.true(valid, output);
      const [report] = await pefile([at('a.sys')]);
      t.deepEqual(violationsIn(report!), []);
      // What is reported is the file that is there now.
      t.true(image.signed);
      t.is(image.size, content(at('a.sys')).length);
      t.true(
        image.plan?.notes.some((note) => note.startsWith('signed by ')),
        image.plan?.notes.join('\n'),
      );
      t.deepEqual(
        readdirSync(folder).filter((name) => !/^(?:a\.sys|sign\.sh)$/.test(name)),
        [],
      );
      const again = await runJson(['fix', 'a.sys', '--sign-with', 'no-such-program {file}'], { cwd: folder });
      t.is(again.image.plan?.outcome, 'unchanged');
    });
  }
}

test('--sign-with and --out: the copy verifies, the original keeps its signature', async (t) => {
  if (!ready(t)) return;
  const { folder, at } = await signedDriver(t);
  const before = content(at('a.sys'));
  const command = await signer('in-out', folder);
  t.is((await run(['fix', 'a.sys', '--out', 'out', '--sign-with', command], { cwd: folder })).exitCode, 0);
  t.true((await verifySignature(at('out/a.sys'))).valid);
  t.deepEqual(content(at('a.sys')), before);
});

for (const [what, command, words] of [
  ['fails', 'sh -c "echo no token >&2; exit 3" {file}', /sh failed with exit status 3.*unchanged[\s\S]*no token/],
  ['does nothing', 'true {file}', /true ended well but did not change the file/],
  ['is not there', '/no/such/signtool {file}', /signtool was not found; give its full path/],
  ['makes no output', 'true {in} {out}', /true ended well but left no signed file/],
  ['spoils the file', `sh -c 'printf x >>"$0"' {file}`, /ended well, but the file carries no readable signature/],
  ['empties the file', `sh -c ': >"$0"' {file}`, /left no usable file/],
  ['leaves no image', `sh -c 'echo junk >"$1"' {in} {out}`, /the signed file is no valid image/],
  ['leaves half of it', `sh -c 'head -c 700 "$0" >"$1"' {in} {out}`, /the signed file is no valid image/],
  ['leaves another driver', `sh -c 'cp "$0" "$1"; printf x >>"$1"' {in} {out}`, /carries no readable signature/],
  ['makes a folder', `sh -c 'mkdir "$1"; cp "$0" "$1/a"' {in} {out}`, /left no usable file/],
  ['makes a folder of the copy', `sh -c 'rm "$0"; mkdir "$0"' {file}`, /left no usable file/],
] as const) {
  test(`a signer that ${what}: the original is untouched, and no backup of it stays`, async (t) => {
    if (!ready(t)) return;
    const { folder, at } = await signedDriver(t);
    const before = content(at('a.sys'));
    const { exitCode, image } = await runJson(['fix', 'a.sys', '--backup', '--sign-with', command], { cwd: folder });
    t.is(exitCode, 2);
    t.is(image.error?.code, 'signing');
    t.regex(image.error?.message ?? '', words);
    t.is(image.plan?.outcome, 'refused');
    t.true((await verifySignature(at('a.sys'))).valid);
    t.deepEqual(content(at('a.sys')), before);
    t.deepEqual(readdirSync(folder), ['a.sys']);
  });
}

test('what the signer is given is secret: neither report nor error repeats it', async (t) => {
  if (!ready(t)) return;
  const { folder } = await signedDriver(t);
  const command = `sh -c "echo used: hunter2; exit 1" {file} /p hunter2`;
  for (const format of ['text', 'json', 'sarif', 'msbuild', 'ndjson']) {
    const { stdout, stderr } = await run(['fix', 'a.sys', '--format', format, '--sign-with', command], { cwd: folder });
    t.false(`${stdout}${stderr}`.includes('hunter2'), format);
  }
});

// The last would fail if it were run.
for (const options of [[], ['--strip-signature'], ['--sign-with', '/no/such/signtool {file}']]) {
  test(`a wrong CheckSum alone is fixed and leaves a signature valid: Authenticode does not cover it; ${options}`, async (t) => {
    if (!ready(t)) return;
    const { folder, at } = await signedDriver(t, 'clean');
    const bytes = content(at('a.sys'));
    const right = Buffer.from(bytes);
    bytes.writeUInt32LE(1, bytes.readUInt32LE(0x3c) + 24 + 64);
    writeFileSync(at('a.sys'), bytes);
    t.is((await run(['a.sys'], { cwd: folder })).exitCode, 1);
    const { exitCode, image } = await runJson(['fix', 'a.sys', ...options], { cwd: folder });
    t.is(exitCode, 0);
    t.true(image.signed);
    t.deepEqual(
      image.plan?.notes.filter((note) => note.includes('sign')),
      ['the signature stays valid: CheckSum is not part of what it covers'],
    );
    t.deepEqual(readFileSync(at('a.sys')), right);
    t.true((await verifySignature(at('a.sys'))).valid);
  });
}

test('--sign-with and a wrong CheckSum alone of an unsigned driver: it is signed', async (t) => {
  if (!ready(t)) return;
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  const bytes = content(at('a.sys'));
  bytes.writeUInt32LE(1, bytes.readUInt32LE(0x3c) + 24 + 64);
  writeFileSync(at('a.sys'), bytes);
  const command = await signer('in-out', folder);
  t.is((await run(['fix', 'a.sys', '--sign-with', command], { cwd: folder })).exitCode, 0);
  t.true((await verifySignature(at('a.sys'))).valid);
});

test('--sign-with where nothing is to be fixed: nobody is left to believe that it was signed', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  const before = content(at('a.sys'));
  const command = ['fix', 'a.sys', '--sign-with', 'signtool sign {file}'];
  const { exitCode, stdout } = await run(command, { cwd: folder });
  t.is(exitCode, 0);
  const said = 'There was nothing to fix, so signtool did not run. It has no signature: sign it in a step of its own.';
  t.true(stdout.replace(/\s+/g, ' ').includes(said), stdout);
  t.deepEqual((await runJson(command, { cwd: folder })).image.plan?.notes, [said]);
  t.deepEqual(content(at('a.sys')), before);
});

test('--sign-with where only a relink helps: nobody is told to sign what Windows refuses', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'iat-in-text' });
  const { image } = await runJson(['fix', 'a.sys', '--sign-with', 'signtool sign {file}'], { cwd: folder });
  t.deepEqual(image.plan?.notes, ['Nothing was fixed, so signtool did not run.']);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createFile } from '../../../plugin/files/create.js';
import { readImage } from '../../../plugin/files/read.js';
import { replaceFile } from '../../../plugin/files/write.js';
import { parseSignCommand } from '../../../plugin/signing/command.js';
import { signCopy } from '../../../plugin/signing/sign.js';

const node = `"${process.execPath}"`;
const keys = mkdtempSync(join(tmpdir(), 'hvci-fix-keys-'));
test.after.always(() => rmSync(keys, { recursive: true, force: true }));

test.before(() => {
  const extensions = [
    'extendedKeyUsage=critical,codeSigning',
    'keyUsage=critical,digitalSignature',
    'basicConstraints=critical,CA:FALSE',
  ];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-sha256',
    '-days',
    '30',
    '-nodes',
    '-subj',
    '/CN=HVCI Fix Test',
  ];
  for (const extension of extensions) args.push('-addext', extension);
  execFileSync('openssl', [...args, '-keyout', join(keys, 'key.pem'), '-out', join(keys, 'cert.pem')], {
    stdio: 'pipe',
  });
});

/** A driver linked by GNU ld: unsigned, 64-bit, made once. */
function driver(t: ExecutionContext): { folder: string; path: string; bytes: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'hvci-fix test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const made = join(keys, 'a.sys');
  if (!existsSync(made)) {
    writeFileSync(
      join(keys, 'a.c'),
      'int __stdcall DriverEntry(void *driver, void *path) { return driver == path; }\n',
    );
    const flags = ['-shared', '-nostdlib', '-Wl,--subsystem,native,--entry,DriverEntry,--dynamicbase,--nxcompat'];
    execFileSync('x86_64-w64-mingw32-gcc', [...flags, '-o', made, join(keys, 'a.c')], { stdio: 'pipe' });
  }
  const bytes = readFileSync(made);
  const path = join(folder, 'my driver.sys');
  writeFileSync(path, bytes, { mode: 0o640 });
  return { folder, path, bytes };
}

async function signWith(text: string, path: string, bytes: Uint8Array, timeLimitMs?: number) {
  const command = parseSignCommand(text);
  if (!command.ok) throw new Error(command.message);
  const read = readImage(path);
  if (!read.ok) throw new Error(read.message);
  const limit = timeLimitMs === undefined ? {} : { timeLimitMs };
  return replaceFile(path, bytes, read.identity, {
    prepare: (temporary) => signCopy(command.value, temporary, { shown: path, ...limit }),
  });
}

const verify = (path: string) =>
  spawnSync('osslsigncode', ['verify', '-CAfile', join(keys, 'cert.pem'), '-ignore-cdp', '-in', path], {
    encoding: 'utf8',
  });
const osslsigncode = () =>
  `osslsigncode sign -h sha256 -certs "${keys}/cert.pem" -key "${keys}/key.pem" -in {in} -out {out}`;

test('osslsigncode signs the copy; its own verification accepts the file; mode and folder are as they were', async (t) => {
  const { folder, path, bytes } = driver(t);
  t.not(verify(path).status, 0);
  const result = await signWith(osslsigncode(), path, bytes);
  t.true(result.ok, result.ok ? '' : result.message);
  const verified = verify(path);
  t.is(verified.status, 0, verified.stdout);
  t.is(statSync(path).mode & 0o777, 0o640);
  t.is(result.ok && result.size, statSync(path).size);
  t.deepEqual(readdirSync(folder), ['my driver.sys']);
});

test('a new file (--out) is signed before it gets its name', async (t) => {
  const { folder, bytes } = driver(t);
  const command = parseSignCommand(osslsigncode());
  if (!command.ok) return t.fail();
  const path = join(folder, 'out', 'a.sys');
  const prepare = (temporary: string) => signCopy(command.value, temporary, { shown: path });
  t.true((await createFile(path, bytes, { prepare })).ok);
  t.is(verify(path).status, 0);
  t.deepEqual(readdirSync(join(folder, 'out')), ['a.sys']);
});

test('a tool that signs in place, called by a wrapper with blanks in its path', async (t) => {
  const { folder, path, bytes } = driver(t);
  const script = join(keys, 'in place.sh');
  writeFileSync(
    script,
    `set -e; osslsigncode sign -certs "${keys}/cert.pem" -key "${keys}/key.pem" -in "$1" -out "$1.signed"; mv "$1.signed" "$1"\n`,
  );
  const result = await signWith(`bash "${script}" {file}`, path, bytes);
  t.true(result.ok, result.ok ? '' : result.message);
  t.is(verify(path).status, 0);
  t.deepEqual(readdirSync(folder), ['my driver.sys']);
});

test('a tool that signs a new file in place (--out, a relative path)', async (t) => {
  const { folder, bytes } = driver(t);
  const command = parseSignCommand(`${node} -e "require('fs').appendFileSync(process.argv[1], 'signature')" {file}`);
  if (!command.ok) return t.fail();
  const path = join(relative(process.cwd(), folder), 'out', 'a.sys');
  const prepare = (temporary: string) => signCopy(command.value, temporary, { shown: path });
  const created = await createFile(path, bytes, { prepare });
  t.true(created.ok, created.ok ? '' : created.message);
  t.is(readFileSync(path).subarray(bytes.length).toString(), 'signature');
  t.deepEqual(readdirSync(join(folder, 'out')), ['a.sys']);
});

test('every failure leaves the original and says why, without the secret', async (t) => {
  const { folder, path, bytes } = driver(t);
  const fails = async (command: string, expected: RegExp, timeLimitMs?: number) => {
    const result = await signWith(command, path, Buffer.concat([bytes, Buffer.from('fixed')]), timeLimitMs);
    if (result.ok) return t.fail(command);
    t.is(result.code, 'signing');
    t.is(result.path, path);
    t.regex(result.message, expected);
    t.true(result.message.includes(path));
    t.false(result.message.includes('\n'), 'reports would show it as \\n');
    t.false(result.message.includes('hunter22'), result.message);
    t.true(readFileSync(path).equals(bytes));
    t.deepEqual(readdirSync(folder), ['my driver.sys']);
  };
  await fails(`${osslsigncode()} -pass hunter22 -no-such-option`, /osslsigncode failed with exit status/);
  await fails(
    'osslsigncode sign -certs none.pem -key hunter22 -in {in} -out {out}',
    /exit status.*Its last lines:.*none\.pem/s,
  );
  await fails('no-such-signer -p hunter22 {file}', /no-such-signer was not found/);
  await fails(
    `${node} -e "console.log('bad password hunter22'); process.exit(3)" hunter22 {file}`,
    /status 3\..*bad password \*\*\*/s,
  );
  await fails(`${node} -e 0 hunter22 {file}`, /did not change the file/);
  await fails(`${node} -e 0 hunter22 {in} {out}`, /left no signed file/);
  await fails(`${node} -e "require('fs').writeFileSync(process.argv[2],'')" {in} {out}`, /no usable file/);
  await fails(`${node} -e "process.kill(process.pid,'SIGKILL')" {file}`, /was ended by SIGKILL/);
  await fails('bash -c "sleep 30" {file}', /did not end within 0.3 s/, 300);
  await fails(`bash -c "echo half >$1; exit 1" - {out} {in}`, /exit status 1/);
});

test('a child that keeps the pipe open after its parent was stopped does not hold us', async (t) => {
  const { path, bytes } = driver(t);
  const begin = performance.now();
  const result = await signWith('bash -c "sleep 20 & sleep 20" {file}', path, bytes, 300);
  t.is(result.ok ? '' : result.code, 'signing');
  t.true(performance.now() - begin < 8_000);
});

test('a tool that asks for a password fails at once: there is no terminal', async (t) => {
  const { path, bytes } = driver(t);
  const begin = performance.now();
  const result = await signWith('bash -c "read -r x || { echo no input; exit 4; }" {file}', path, bytes);
  t.regex(result.ok ? '' : result.message, /status 4.*no input/s);
  t.true(performance.now() - begin < 5_000);
});

/** `hvci-fix fix` ended by kill -9 at random moments, and files that change under it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import test from 'ava';
import { temporaries } from '../plugin/files/scratch.js';
import { COMMAND, folderWith, quietEnvironment, run, runJson } from '../support/command.js';

const KILLS = 100;
const FILES = 20;

test(`killed ${KILLS} times at random moments: every file is the old one or the new one, whole`, async (t) => {
  t.timeout(240_000);
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const old = readFileSync(at('a.sys'));
  // A run over one file writes for a thousandth of its time: many files make the kills meet the writing.
  const paths = Array.from({ length: FILES }, (_, index) => at(`f${index}.sys`));
  const restore = () => {
    for (const path of [at('a.sys'), ...paths]) {
      writeFileSync(path, old);
      utimesSync(path, 1e9, 1e9); // a file that was written this moment is waited for
    }
  };
  restore();
  const begun = performance.now();
  await run(['fix', '.'], { cwd: folder });
  const whole = performance.now() - begun;
  const fixed = readFileSync(at('a.sys'));
  t.notDeepEqual(fixed, old);

  const seen = { old: 0, fixed: 0, between: 0 };
  for (let round = 0; round < KILLS; round++) {
    restore();
    const child = spawn(process.execPath, [COMMAND, 'fix', '.'], {
      cwd: folder,
      env: quietEnvironment(),
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await new Promise((done) => setTimeout(done, Math.random() * whole));
    child.kill('SIGKILL');
    await ended;
    let count = 0;
    for (const path of paths) {
      const bytes = readFileSync(path);
      if (bytes.equals(fixed)) count++;
      else if (!bytes.equals(old)) t.fail(`${path} is torn`);
    }
    seen[count === 0 ? 'old' : count === FILES ? 'fixed' : 'between']++;
  }
  t.log(`no file fixed ${seen.old}, all ${seen.fixed}, some ${seen.between}; left over ${temporaries(folder).length}`);
  t.true(seen.between > 0, 'no kill met the writing: this test shows nothing');
  // What the kills left does not stop the next run, and is not taken for an image.
  restore();
  const { exitCode, report } = await runJson(['fix', '.'], { cwd: folder });
  t.is(exitCode, 0);
  t.is(report.images.length, FILES + 1);
  t.is(report.summary['fixed'], FILES + 1);
});

/** Appends a WIN_CERTIFICATE, enters it in data directory 4 and sums anew; offsets from the PE specification. */
const FAKE_SIGNER = `
const fs = require('fs');
const path = process.argv[2];
const image = fs.readFileSync(path);
const table = Buffer.alloc(16);
table.writeUInt32LE(16, 0); table.writeUInt16LE(0x200, 4); table.writeUInt16LE(2, 6);
const padded = Buffer.concat([image, Buffer.alloc(-image.length & 7)]);
const optional = padded.readUInt32LE(0x3c) + 24;
padded.writeUInt32LE(padded.length, optional + 112 + 32); padded.writeUInt32LE(16, optional + 112 + 36);
const signed = Buffer.concat([padded, table]);
signed.writeUInt32LE(0, optional + 64);
let sum = 0;
for (let at = 0; at < signed.length; at += 2) { sum += signed.readUInt16LE(at); sum = (sum & 0xffff) + (sum >>> 16); }
signed.writeUInt32LE(sum + signed.length, optional + 64);
fs.writeFileSync(path, signed);
`;

/** A signer runs between read and write: it can do to the original what another program might. */
for (const [what, code, expected] of [
  ['gets other content', "require('fs').writeFileSync('a.sys', 'by another program')", 'by another program'],
  ['is touched', "require('fs').utimesSync('a.sys', 1, 1)", null],
  ['vanishes', "require('fs').unlinkSync('a.sys')", undefined],
] as const) {
  test(`a file that ${what} between read and write: refused, and left as it is now`, async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    const old = readFileSync(at('a.sys'));
    // Signs, as far as the command's own proof goes: a certificate table at the end and a right checksum.
    const command = join(folder, 'sign.cjs');
    writeFileSync(command, `${code};\n${FAKE_SIGNER}`);
    const { exitCode, image } = await runJson(
      ['fix', '--backup', '--sign-with', `"${process.execPath}" "${command}" {file}`, 'a.sys'],
      { cwd: folder },
    );
    t.is(exitCode, 2);
    t.is(image.error?.code, 'changed', image.error?.message);
    t.regex(image.error?.message ?? '', /it changed since it was read\. Run again/);
    const now = statSync(at('a.sys'), { throwIfNoEntry: false });
    if (expected === undefined) t.is(now, undefined);
    else t.deepEqual(readFileSync(at('a.sys')), expected === null ? old : Buffer.from(expected));
    t.deepEqual(temporaries(folder), []);
    // Another run may have fixed the driver and go by this backup: it goes only where the driver is what it was.
    const backup = at('a.sys.hvci-fix-backup');
    if (expected === null) t.is(statSync(backup, { throwIfNoEntry: false }), undefined);
    else t.deepEqual(readFileSync(backup), old);
  });
}

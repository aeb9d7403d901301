/** Threads: the same report as one thread, whatever else lies between the images. */
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { run, runJson } from '../../support/command.js';
import { manyDrivers } from '../../support/many-drivers.js';
import { scratch } from '../files/scratch.js';

for (const format of ['json', 'ndjson', 'text', 'sarif', 'msbuild']) {
  test(`${format}: one thread and three say the same`, async (t) => {
    const folder = scratch(t);
    manyDrivers(folder, 90);
    // What cannot be examined, and one large file before small ones.
    writeFileSync(join(folder, '00010.sys'), 'not a driver');
    writeFileSync(join(folder, '00011.sys'), '');
    symlinkSync('nothing', join(folder, '00012x.sys'));
    appendFileSync(join(folder, '00020.sys'), Buffer.alloc(20_000_000));
    mkdirSync(join(folder, 'copies'));
    manyDrivers(join(folder, 'copies'), 20);
    const options = ['.', '--code', '--format', format];
    const one = await run([...options, '--jobs', '1'], { cwd: folder });
    const three = await run([...options, '--jobs', '3'], { cwd: folder });
    t.true(one.stdout.includes('00089.sys'));
    t.deepEqual(three, one);
  });
}

test('suppressions by path and --hashes hold in threads too', async (t) => {
  const folder = scratch(t);
  manyDrivers(join(folder, 'old'), 30);
  manyDrivers(join(folder, 'new'), 30);
  const accepted = { code: 'HVCI2005', path: 'old/*.sys', reason: 'known' };
  writeFileSync(join(folder, 'hvci-fix.config.json'), JSON.stringify({ suppress: [accepted] }));
  const reports = await Promise.all(
    ['1', '2'].map((jobs) => runJson(['new', 'old', '--code', '--hashes', '--jobs', jobs], { cwd: folder })),
  );
  t.deepEqual(reports[0]?.report, reports[1]?.report);
  // The ones in old are the same bytes as those in new, where nothing is accepted.
  for (const { path, duplicateOf, sha256, findings } of reports[1]?.report.images ?? []) {
    t.is(duplicateOf, path.startsWith('old/') ? path.replace('old/', 'new/') : undefined);
    t.regex(sha256 ?? '', /^[0-9a-f]{64}$/);
    for (const { code, suppressed } of findings)
      t.is(suppressed?.reason, path.startsWith('old/') && code === 'HVCI2005' ? 'known' : undefined, path);
  }
});

for (const jobs of ['0', '65', '-1', 'two', '1.5', '1e1'])
  test(`--jobs ${jobs} is refused`, async (t) => {
    const { exitCode, stderr } = await run(['.', `--jobs=${jobs}`]);
    t.is(exitCode, 2);
    t.is(stderr, `hvci-fix: --jobs ${jobs}: use a number of threads from 1 to 64.\n`);
  });

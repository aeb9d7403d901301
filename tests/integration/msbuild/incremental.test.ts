/** What a second build does: nothing when nothing changed, and everything that is owed when something did. */
import { appendFile, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  buildTools,
  exists,
  explain,
  fixable,
  linked,
  msbuild,
  ran,
  scratchFolder,
  violations,
  writeProject,
} from '../../support/msbuild/project.js';
import { verifySignature } from '../../support/toolchain/signing.js';
import { toolsReady } from '../../support/toolchain/tools.js';

const tlogs = 'x64/Debug/int/demo.tlog';
const image = 'x64/Debug/demo.sys';
const signing = '-p:SignMode=TestSign';

test.serial(
  'a build without changes links nothing, starts no Node, and leaves the signed image as it was',
  async (t) => {
    if (!toolsReady(t, buildTools)) return;
    const folder = await scratchFolder(t);
    await writeProject(folder, { body: fixable });
    const first = await msbuild(folder, 'demo.vcxproj', signing);
    t.true(linked(first) && ran(first));
    const bytes = await readFile(join(folder, image));
    const { mtimeMs } = await stat(join(folder, image));
    for (let again = 0; again < 2; again++) {
      const build = await msbuild(folder, 'demo.vcxproj', signing);
      t.is(build.exitCode, 0);
      t.false(linked(build));
      t.false(ran(build));
    }
    t.deepEqual(await readFile(join(folder, image)), bytes);
    t.is((await stat(join(folder, image))).mtimeMs, mtimeMs);
  },
);

test.serial('a changed source links, fixes and signs again', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  await msbuild(folder, 'demo.vcxproj', signing);
  await appendFile(join(folder, 'driver.c'), '\nint another;\n');
  const build = await msbuild(folder, 'demo.vcxproj', signing);
  t.is(build.exitCode, 0, explain(build));
  t.true(linked(build) && ran(build));
  t.deepEqual(await violations(join(folder, image)), []);
  t.true((await verifySignature(join(folder, image))).valid);
});

test.serial(
  'changed options and a changed configuration link again, because the image is signed by then',
  async (t) => {
    if (!toolsReady(t, buildTools)) return;
    const folder = await scratchFolder(t);
    await writeProject(folder, { body: fixable });
    await msbuild(folder, 'demo.vcxproj', signing, '-p:HvciFixMode=check');
    t.deepEqual(await violations(join(folder, image)), ['HVCI2003']);

    const changedMode = await msbuild(folder, 'demo.vcxproj', signing);
    t.is(changedMode.exitCode, 0, explain(changedMode));
    t.true(linked(changedMode) && ran(changedMode), 'mode');
    t.deepEqual(await violations(join(folder, image)), []);
    t.true((await verifySignature(join(folder, image))).valid);

    const configuration = join(folder, 'hvci-fix.config.json');
    await writeFile(configuration, '{ "targetOs": "1703" }');
    const newFile = await msbuild(folder, 'demo.vcxproj', signing);
    t.true(linked(newFile) && ran(newFile), 'a configuration where there was none');
    await utimes(configuration, new Date(), new Date(Date.now() + 5000));
    const changedFile = await msbuild(folder, 'demo.vcxproj', signing);
    t.true(linked(changedFile) && ran(changedFile), 'a configuration that changed');
    const unchanged = await msbuild(folder, 'demo.vcxproj', signing);
    t.false(linked(unchanged) || ran(unchanged), 'and no more after that');
  },
);

test.serial('an image that was built and signed before hvci-fix came is linked again', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  await msbuild(folder, 'demo.vcxproj', signing, '-p:HvciFixEnabled=false');
  const build = await msbuild(folder, 'demo.vcxproj', signing);
  t.is(build.exitCode, 0, explain(build));
  t.true(linked(build));
  t.deepEqual(await violations(join(folder, image)), []);
  t.true((await verifySignature(join(folder, image))).valid);
});

test.serial('a build that broke off between Link and the fix is made good by the next one', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  await msbuild(folder, 'demo.vcxproj');
  const stamp = await readFile(join(folder, tlogs, 'hvci-fix.stamp'), 'utf8');
  // Link runs again, and the build is over before HvciFix: the stamp of the last build is still there.
  await appendFile(join(folder, 'driver.c'), '\nint another;\n');
  await msbuild(folder, 'demo.vcxproj', '-p:HvciFixEnabled=false');
  t.is(await readFile(join(folder, tlogs, 'hvci-fix.stamp'), 'utf8'), stamp);
  t.deepEqual(await violations(join(folder, image)), ['HVCI2003']);
  const build = await msbuild(folder, 'demo.vcxproj');
  t.false(linked(build), 'Link was skipped');
  t.true(ran(build), 'and the fix was not');
  t.deepEqual(await violations(join(folder, image)), []);
});

test.serial('Clean removes what was made, and Rebuild makes all of it again', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  const report = '-p:HvciFixReport=reports/';
  await msbuild(folder, 'demo.vcxproj', report);
  const made = (await readdir(join(folder, tlogs))).filter((name) => name.startsWith('hvci-fix.')).sort();
  t.deepEqual(
    made,
    ['args', 'link', 'read.1.tlog', 'stamp', 'state', 'write.1.tlog'].map((name) => `hvci-fix.${name}`),
  );
  t.true(await exists(join(folder, 'reports/demo.Debug.x64.sarif')));
  const clean = await msbuild(folder, 'demo.vcxproj', report, '-t:Clean');
  t.is(clean.exitCode, 0, explain(clean));
  t.deepEqual(
    (await readdir(join(folder, tlogs))).filter((name) => name.startsWith('hvci-fix.')),
    [],
  );
  t.false(await exists(join(folder, 'reports/demo.Debug.x64.sarif')));

  await msbuild(folder, 'demo.vcxproj');
  const rebuild = await msbuild(folder, 'demo.vcxproj', '-t:Rebuild');
  t.is(rebuild.exitCode, 0, explain(rebuild));
  t.true(linked(rebuild) && ran(rebuild), 'Clean runs first and must not spoil what Link is asked later');
  t.deepEqual(await violations(join(folder, image)), []);
});

test.serial('the tlogs are what Visual Studio reads: UTF-16, a root line, then files', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  await writeFile(join(folder, 'hvci-fix.config.json'), '{}');
  await msbuild(folder, 'demo.vcxproj');
  const read = await readFile(join(folder, tlogs, 'hvci-fix.read.1.tlog'));
  t.deepEqual([...read.subarray(0, 2)], [0xff, 0xfe]);
  t.deepEqual(read.toString('utf16le').slice(1).trim().split(/\r?\n/), [
    `^${join(folder, image).toUpperCase()}`,
    join(folder, 'hvci-fix.config.json'),
  ]);
  const write = await readFile(join(folder, tlogs, 'hvci-fix.write.1.tlog'));
  const [, written] = write.toString('utf16le').slice(1).trim().split(/\r?\n/);
  t.true((await stat(written!)).mtimeMs >= (await stat(join(folder, 'hvci-fix.config.json'))).mtimeMs);
});

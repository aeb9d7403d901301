/** A driver that a POST_BUILD command signs: the check is part of the link, so it comes first in whatever order. */
import { join } from 'node:path';
import test from 'ava';
import { cmakeReady, GENERATORS, outputFolder, project, WAYS, wayVariables } from '../../support/cmake/cmake.js';
import { pefile, violationsIn } from '../../support/toolchain/oracles.js';
import { signingKey, verifySignature } from '../../support/toolchain/signing.js';

for (const generator of GENERATORS) {
  for (const way of WAYS) {
    test(`${generator}, ${way}: the signature is good after the build, and a build with nothing to do leaves it alone`, async (t) => {
      if (!cmakeReady(t)) return;
      const { key, certificate } = await signingKey();
      const one = await project(t, 'one-driver');
      const signing = { SIGN: 'ON', KEY: key, CERTIFICATE: certificate };
      const configured = await one.configure(generator, { ...wayVariables(way), ...signing, DEFECT: 'init' });
      t.is(configured.status, 0, configured.output);
      const built = await one.make();
      t.is(built.status, 0, built.output);
      const driver = join(one.build, ...outputFolder(generator), 'driver.sys');
      const { valid, output } = await verifySignature(driver);
      t.true(valid, output);
      const [report] = await pefile([driver]);
      t.deepEqual(violationsIn(report!), []);

      const bytes = await one.built(...outputFolder(generator), 'driver.sys');
      t.is((await one.make()).status, 0);
      t.deepEqual(await one.built(...outputFolder(generator), 'driver.sys'), bytes);
    });
  }

  test(`${generator}: what memory integrity would refuse is not signed`, async (t) => {
    if (!cmakeReady(t)) return;
    const { key, certificate } = await signingKey();
    const one = await project(t, 'one-driver');
    const signing = { SIGN: 'ON', KEY: key, CERTIFICATE: certificate };
    t.is((await one.configure(generator, { HOOK: 'target', ...signing, DEFECT: 'iat' })).status, 0);
    const failed = await one.make();
    t.not(failed.status, 0);
    t.notRegex(failed.output, /Succeeded|Signature/);
    const image = await one.built(...outputFolder(generator), 'driver.sys');
    // Make deletes what a failed rule made, Ninja keeps it.
    if (image !== null)
      t.false((await verifySignature(join(one.build, ...outputFolder(generator), 'driver.sys'))).valid);
  });
}

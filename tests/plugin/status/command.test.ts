/** The command where there is no Windows to ask; under Windows Node see tests/integration/windows. */
import test from 'ava';
import { run } from '../../support/command.js';

const elsewhere = process.platform === 'win32' ? test.skip : test;

for (const args of [['status'], ['status', '--format', 'json'], ['check', '--loaded'], ['--loaded']]) {
  elsewhere(`hvci-fix ${args.join(' ')} elsewhere: Windows only, status 2, one line`, async (t) => {
    const { exitCode, stdout, stderr } = await run(args);
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.regex(stderr, /^hvci-fix: [^\n]*Windows only[^\n]*\n$/);
  });
}

for (const [args, words] of [
  [['status', 'a.sys'], /status takes no path\. To check files: hvci-fix check a\.sys/],
  [['status', '--format', 'sarif'], /--format sarif: status has text and json/],
  [['check', '--loaded', 'a.sys'], /--loaded stands in place of paths/],
] as const) {
  test(`hvci-fix ${args.join(' ')}: a wrong call`, async (t) => {
    const { exitCode, stdout, stderr } = await run(args);
    t.deepEqual([exitCode, stdout], [2, '']);
    t.regex(stderr, words);
  });
}

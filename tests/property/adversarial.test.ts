/**
 * Images built to make the engine slow or greedy. Each runs in a process of its own with a heap of 512 MB (none of the files
 * has more than 9 MB), so that an allocation out of proportion ends it, and within a time that a square would not keep.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { repositoryFile } from '../support/repository.js';
import { ADVERSARIAL } from './adversarial-images.js';

const MILLISECONDS = 10_000;
const CHILD = repositoryFile('build/tests/property/run-adversarial.js');

for (const name of Object.keys(ADVERSARIAL)) {
  test.serial(name, async (t) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=512', CHILD, name], {
      timeout: 60_000,
    });
    const { outcome, milliseconds, size } = JSON.parse(stdout) as {
      outcome: string;
      milliseconds: number;
      size: number;
    };
    t.log(`${outcome} in ${milliseconds} ms, ${size} bytes`);
    t.true(milliseconds < MILLISECONDS, `${milliseconds} ms`);
    t.not(outcome, 'no-image', 'the fixture should get past the headers');
  });
}

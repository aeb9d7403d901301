import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isTemporaryName } from '../../../plugin/files/image-names.js';
import { act, actorPath, scratch, temporaries } from './scratch.js';

const kills = 300;

/** The content's letter when it is whole, and null for anything else. */
function whole(bytes: Buffer): 'A' | 'B' | null {
  if (bytes.equals(Buffer.alloc(200_000, 'A'))) return 'A';
  return bytes.equals(Buffer.alloc(300_000, 'B')) ? 'B' : null;
}

test(`killed ${kills} times at random moments, the file is always whole`, async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'driver.sys');
  writeFileSync(path, Buffer.alloc(200_000, 'A'));
  const seen = { A: 0, B: 0 };
  const one = async () => {
    const child = spawn(process.execPath, [actorPath, 'loop', path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await new Promise((done) => setTimeout(done, Math.random() * 40));
    child.kill('SIGKILL');
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    t.is(signal, 'SIGKILL'); // not ended by an error of its own
    const letter = whole(readFileSync(path));
    if (letter === null) return t.fail('the file is torn');
    seen[letter]++;
  };
  for (let index = 0; index < kills; index++) await one();

  const left = temporaries(folder);
  t.log(`A ${seen.A}, B ${seen.B}, temporary files left ${left.length}`);
  t.true(seen.A > 0 && seen.B > 0);
  t.true(left.length > 0 && left.length <= kills); // some kills hit the middle of a write, or this test shows nothing
  t.true(left.every(isTemporaryName));
  for (const name of left) utimesSync(join(folder, name), 1, 1);
  t.like(act(['replace', path, '9']), { ok: true });
  t.deepEqual(temporaries(folder), []);
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { OutputError, writeOut } from '../../../plugin/files/output.js';
import { actorPath } from './scratch.js';

const node = JSON.stringify(process.execPath);

test('all of a large text arrives through a slow pipe', (t) => {
  const run = spawnSync('bash', ['-c', `${node} ${actorPath} out - 3000000 | (sleep 0.3; cat) | wc -c`], {
    encoding: 'utf8',
  });
  t.is(run.stdout.trim(), '3000004');
});

test('all of it arrives through a non-blocking pipe whose reader is late', async (t) => {
  // Node makes its end of a child's pipe a non-blocking socket; `cat` of a FIFO opened O_NONBLOCK is the plain case.
  const program = `import fcntl, os, subprocess, sys, time
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETFL, fcntl.fcntl(w, fcntl.F_GETFL) | os.O_NONBLOCK)
child = subprocess.Popen(sys.argv[1:], stdout=w, stderr=subprocess.PIPE)
os.close(w)
time.sleep(0.4)
total = 0
while True:
    data = os.read(r, 65536)
    if not data: break
    total += len(data)
child.wait()
print(total, child.stderr.read().decode(), child.returncode)`;
  const run = spawnSync('/usr/bin/python3', ['-c', program, process.execPath, actorPath, 'out', '-', '1000000'], {
    encoding: 'utf8',
  });
  t.is(run.stdout.trim(), '1000004 {"first":true,"second":true} 0', run.stderr);
});

test('a reader that goes is no error: no words, and the exit status is the program’s own', async (t) => {
  const child = spawn('bash', ['-c', `set -o pipefail; ${node} ${actorPath} out - 3000000 | head -c 10`], {
    stdio: 'pipe',
  });
  const said: string[] = [];
  child.stderr.on('data', (data) => said.push(`${data}`));
  const [status] = (await once(child, 'close')) as [number];
  t.is(status, 0);
  t.is(said.join(''), '{"first":false,"second":false}');
});

test('partial counts, a full pipe and an interruption are gone through', (t) => {
  const script = ['EAGAIN', 3, 'EINTR', 'EAGAIN', 2, 100];
  let out = '';
  const write = (_descriptor: number, data: Uint8Array, offset: number, length: number) => {
    const step = script.shift();
    if (typeof step === 'string') throw Object.assign(new Error(step), { code: step });
    const count = Math.min(step ?? 0, length);
    out += Buffer.from(data).toString('latin1', offset, offset + count);
    return count;
  };
  t.true(writeOut(77, 'hello, world', write as never));
  t.is(out, 'hello, world');
  t.deepEqual(script, []);
});

test('a full disk behind a redirection is told in words', (t) => {
  const write = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  const error = t.throws(() => writeOut(1, 'x', write as never), { instanceOf: OutputError });
  t.regex(error.message, /standard output: no space left/);
});

import test from 'ava';
import type { LoadedModule } from '../../../plugin/native/system.js';
import { loadedImages } from '../../../plugin/status/loaded-images.js';

const moduleNamed = (path: string, cut = false): LoadedModule => ({ path, cut, base: 0x1000n, size: 4096 });
const present = ['C:\\Windows\\system32\\ntoskrnl.exe', 'C:\\Windows\\System32\\drivers\\storahci.sys'];
const exists = (path: string): boolean => present.some((name) => name.toLowerCase() === path.toLowerCase());
const images = (...modules: LoadedModule[]) => loadedImages(modules, 'C:\\Windows', exists).map(({ found }) => found);

test('each file once, in the order of loading, none of them named on the command line', (t) => {
  const found = images(
    moduleNamed('\\SystemRoot\\System32\\drivers\\storahci.sys'),
    moduleNamed('\\SystemRoot\\system32\\ntoskrnl.exe'),
    moduleNamed('\\SystemRoot\\System32\\drivers\\STORAHCI.SYS'),
    moduleNamed('\\SystemRoot\\System32\\drivers\\dump_storahci.sys'),
  );
  t.deepEqual(found, [
    { ok: true, path: present[1]!, named: false },
    { ok: true, path: present[0]!, named: false },
  ]);
});

test('a driver whose file is gone, a path that Windows cut off, a name that leads nowhere: a line each', (t) => {
  const found = images(
    moduleNamed('\\SystemRoot\\System32\\drivers\\gone.sys'),
    moduleNamed(`\\SystemRoot\\${'x'.repeat(244)}`, true),
    moduleNamed(''),
    moduleNamed('\\SystemRoot\\System32\\drivers\\dump_gone.sys'),
  );
  t.deepEqual(
    found.map((entry) => (entry.ok ? 'ok' : `${entry.code} ${entry.named}`)),
    ['missing false', 'name false', 'name false', 'missing false'],
  );
  for (const entry of found) if (!entry.ok) t.regex(entry.message, /^Cannot .*\. [A-Z].*\.$/s);
});

test('no modules, no images', (t) => {
  t.deepEqual(images(), []);
});

/** The same driver on several machines counts once. */
import test from 'ava';
import { machineNames } from '../../../plugin/fleet/machine-names.js';
import { clean, iatInCode, initRwx, legacy } from '../report/samples.js';
import { ndjson, read } from './files.js';

const HASH = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

test('by hash, whatever the path; by path and size where there is no hash', async (t) => {
  const { images, remarks } = await read(t, {
    'a.ndjson': ndjson({ ...clean, sha256: HASH, path: 'C:\\Windows\\System32\\drivers\\good.sys' }, legacy),
    'b.ndjson': ndjson({ ...clean, sha256: HASH, path: 'D:\\other.sys' }, { ...legacy, path: 'c:\\OUT\\Legacy.sys' }),
    'c.ndjson': ndjson({ ...legacy, size: 1 }),
  });
  t.deepEqual(
    images.map(({ path, size, machines }) => [path, size, machines]),
    [
      ['C:\\Windows\\System32\\drivers\\good.sys', 21504, ['a', 'b']],
      ['C:\\out\\legacy.sys', 21504, ['a', 'b']],
      ['C:\\out\\legacy.sys', 1, ['c']],
    ],
  );
  t.deepEqual(remarks, []);
});

test('the same path and size with different hashes are two drivers; without a hash it is the first', async (t) => {
  const { images } = await read(t, {
    'a.ndjson': ndjson({ ...clean, sha256: HASH }),
    'b.ndjson': ndjson({ ...clean, sha256: OTHER }),
    'c.ndjson': ndjson(clean),
  });
  t.deepEqual(
    images.map(({ sha256, machines }) => [sha256, machines]),
    [
      [HASH, ['a', 'c']],
      [OTHER, ['b']],
    ],
  );
});

test('a hash that comes later is the same driver', async (t) => {
  const files = {
    'a.ndjson': ndjson(clean),
    'b.ndjson': ndjson({ ...clean, sha256: HASH }),
    'c.ndjson': ndjson({ ...clean, path: 'x.sys', sha256: HASH }),
  };
  const { images } = await read(t, files);
  t.deepEqual(images, [{ ...clean, sha256: HASH, machines: ['a', 'b', 'c'] }]);
});

test('however the files are ordered, and whichever of them have hashes, a driver is one', async (t) => {
  const results = [
    ndjson({ ...clean, sha256: HASH, path: '/somewhere/else.sys' }),
    ndjson(clean),
    ndjson({ ...clean, sha256: HASH }),
    ndjson(clean),
  ];
  for (const order of [
    [0, 1, 2, 3],
    [1, 0, 2, 3],
    [1, 2, 0, 3],
    [0, 2, 1, 3],
    [2, 1, 3, 0],
    [3, 1, 0, 2],
  ]) {
    const files = Object.fromEntries(order.map((index, at) => [`${at}.ndjson`, results[index]!]));
    const { images } = await read(t, files);
    t.deepEqual(
      images.map(({ sha256, machines }) => [sha256, machines?.toSorted()]),
      [[HASH, ['0', '1', '2', '3']]],
      `${order}`,
    );
  }
});

test('where machines disagree the fuller result is shown, and it is said', async (t) => {
  const read3 = { ...legacy, coverage: { callSites: 9, resolved: 9, notes: [] } };
  const { images, remarks } = await read(t, {
    'a.ndjson': ndjson({ ...legacy, findings: [initRwx] }),
    'b.ndjson': ndjson(read3),
  });
  t.deepEqual(images, [{ ...read3, machines: ['a', 'b'] }]);
  t.regex(remarks[0]!, /^Machines disagree about 1 driver \(such as .*: HVCI/);
});

test('the same bytes, judged otherwise: of each rule the graver answer is shown, whatever the order, and it is said', async (t) => {
  const found = { ...legacy, status: 'findings' as const, sha256: HASH };
  const lenient = {
    ...found,
    path: 'lenient.sys',
    status: 'clean' as const,
    findings: [{ ...iatInCode, severity: 'info' as const }],
  };
  const accepted = {
    ...found,
    path: 'accepted.sys',
    status: 'clean' as const,
    findings: [{ ...iatInCode, suppressed: { reason: 'x' } }],
  };
  const strict = { ...found, path: 'strict.sys', findings: [iatInCode] };
  const other = { ...found, path: 'other.sys', findings: [initRwx], coverage: { ...found.coverage, callSites: 9 } };
  for (const [results, codes] of [
    [[lenient, strict], ['HVCI2005 error']],
    [[strict, lenient], ['HVCI2005 error']],
    [[accepted, strict], ['HVCI2005 error']],
    [[strict, accepted], ['HVCI2005 error']],
    [
      [lenient, other, strict],
      ['HVCI2003 warning', 'HVCI2005 error'],
    ],
    [
      [strict, other, lenient],
      ['HVCI2003 warning', 'HVCI2005 error'],
    ],
  ] as const) {
    const several = Object.fromEntries(results.map((result, at) => [`pc${at}.ndjson`, ndjson(result)]));
    for (const files of [several, { 'one.ndjson': ndjson(...results) }]) {
      const { images, remarks } = await read(t, files);
      t.is(images.length, 1);
      const { status, findings } = images[0]!;
      t.deepEqual(
        findings.map(({ code, severity }) => `${code} ${severity}`),
        [...codes],
      );
      t.true(findings.every(({ suppressed }) => suppressed === undefined));
      t.is(status, 'findings');
      const start = files === several ? 'Machines disagree' : 'Checks on one machine disagree';
      t.true(remarks.length === 1 && remarks[0]!.startsWith(`${start} about 1 driver (such as `), remarks.join());
    }
  }
});

test('the same bytes, open in one check and not told in the other: open', async (t) => {
  const decided = { ...clean, sha256: HASH };
  const open = { ...decided, status: 'undetermined' as const, undetermined: [{ code: 'HVCI3001', reason: 'damaged' }] };
  for (const results of [
    [decided, open],
    [open, decided],
  ]) {
    const { images } = await read(t, { 'a.ndjson': ndjson(results[0]!), 'b.ndjson': ndjson(results[1]!) });
    t.deepEqual(
      images.map(({ status, undetermined }) => [status, undetermined]),
      [['undetermined', open.undetermined]],
    );
  }
});

test('without hashes, two results of one machine that differ are two drivers, in whatever order', async (t) => {
  const found = { ...clean, status: 'findings' as const, findings: [initRwx] };
  for (const results of [
    [clean, found],
    [found, clean],
    [{ ...clean, coverage: { callSites: 9, resolved: 9, notes: [] } }, found],
  ]) {
    const { images, remarks } = await read(t, { 'a.ndjson': ndjson(...results) });
    t.deepEqual(images.map(({ status }) => status).sort(), ['clean', 'findings']);
    t.regex(remarks.join(), /^Shown one by one, as they differ: 1 further result /);
  }
});

test('without hashes, no finding of one machine is lost to another one', async (t) => {
  const { images, remarks } = await read(t, {
    'a.ndjson': ndjson({ ...legacy, findings: [initRwx] }),
    'b.ndjson': ndjson({ ...legacy, findings: [iatInCode] }),
    'c.ndjson': ndjson({ ...legacy, findings: [iatInCode] }),
  });
  t.deepEqual(
    images.map(({ findings, machines }) => [findings[0]?.code, machines]),
    [
      ['HVCI2003', ['a']],
      ['HVCI2005', ['b', 'c']],
    ],
  );
  t.is(remarks.length, 1);
});

test('what could not be read on two machines is one line for each path', async (t) => {
  const bad = { ...clean, status: 'unreadable' as const, size: 0 };
  const { images } = await read(t, {
    'a.ndjson': ndjson(bad),
    'b.ndjson': ndjson(bad),
    'c.ndjson': ndjson({ ...bad, path: 'x' }),
  });
  t.deepEqual(
    images.map(({ machines }) => machines),
    [['a', 'b'], ['c']],
  );
});

test('a merge can be merged again', async (t) => {
  const first = await read(t, { 'a.ndjson': ndjson(clean), 'b.ndjson': ndjson(clean) });
  const { images } = await read(t, { 'site.ndjson': ndjson(...first.images), 'c.ndjson': ndjson(clean) });
  t.deepEqual(images, [{ ...clean, machines: ['a', 'b', 'c'] }]);
});

for (const [paths, names] of [
  [['r/lab-7.ndjson'], ['lab-7']],
  [
    ['a/result.ndjson', 'b/result.sarif', 'c.json'],
    ['a/result', 'b/result', 'c'],
  ],
  [
    ['x/a/r.json', 'y/a/r.json'],
    ['x/a/r', 'y/a/r'],
  ],
  [['C:\\results\\pc1.ndjson'], ['pc1']],
  [
    ['.ndjson', 'same.json', 'same.json'],
    ['machine', 'same', 'same'],
  ],
] as const) {
  test(`machines of ${paths.join(' ')}`, (t) => t.deepEqual(machineNames(paths), [...names]));
}

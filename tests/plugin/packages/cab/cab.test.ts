import test from 'ava';
import { LIMITS } from '../../../../plugin/packages/members.js';
import { buildCab } from '../../../support/packages/cab-builder.js';
import { noise, unpackCab } from '../../../support/packages/packages-on-disk.js';

/** Some of it repeats, near and far, as code does; longer than two windows of MSZIP. */
const mixed = Buffer.concat([noise(5_000), Buffer.alloc(40_000, 'abcdefgh'), noise(5_000), noise(30_001)]);

for (const method of ['stored', 'mszip', 'lzx'] as const) {
  test(`${method}: files in one folder, across blocks`, (t) => {
    const files = [
      { name: 'a.sys', data: mixed },
      { name: 'sub\\b.sys', data: noise(70_001) },
      { name: 'empty.inf', data: Buffer.alloc(0) },
      { name: 'c.sys', data: mixed.subarray(3) },
    ];
    const { members, failures } = unpackCab(t, buildCab({ folders: [{ method, files }] }));
    t.deepEqual(failures, []);
    for (const { name, data } of files) t.true(members.get(name.replace('\\', '/'))?.equals(data), name);
  });
}

for (const windowBits of [15, 16, 17, 18, 19, 20, 21]) {
  test(`LZX, a window of ${2 ** windowBits} bytes: matches from afar`, (t) => {
    const far = noise(Math.min(2 ** windowBits, 400_000) - 4_000);
    const data = Buffer.concat([far, mixed, far.subarray(0, 100_000)]);
    const cab = buildCab({ folders: [{ method: 'lzx', windowBits, files: [{ name: 'a.sys', data }] }] });
    const { members, failures } = unpackCab(t, cab);
    t.deepEqual(failures, []);
    t.true(members.get('a.sys')?.equals(data));
  });
}

test('folders of different methods, reserved areas, no checksums', (t) => {
  const folders = (['mszip', 'stored', 'lzx'] as const).map((method) => ({
    method,
    files: [{ name: `${method}.sys`, data: mixed }],
  }));
  const { members, failures } = unpackCab(t, buildCab({ folders, reserve: [20, 3, 5], checksums: false }));
  t.deepEqual(failures, []);
  t.is(members.size, 3);
  for (const member of members.values()) t.true(member.equals(mixed));
});

test('a wrong byte: the checksum of its block is wrong, what lies before is given', (t) => {
  const files = [
    { name: 'a.sys', data: noise(1_000) },
    { name: 'b.sys', data: noise(40_000) },
  ];
  const cab = buildCab({ folders: [{ method: 'stored', files }] });
  cab[cab.length - 1] = (cab.at(-1) as number) ^ 1;
  const { members, failures } = unpackCab(t, cab);
  t.deepEqual([...members.keys()], ['a.sys']);
  t.is(failures.length, 1);
  t.is(failures[0]?.code, 'damaged');
  t.regex(failures[0]?.message ?? '', /b\.sys: the checksum of data block 1 at offset \d+ is wrong/);
});

test('Quantum and unknown methods: a line with the remedy', (t) => {
  const { failures } = unpackCab(
    t,
    buildCab({ folders: [{ method: 2, files: [{ name: 'q.sys', data: noise(10) }] }] }),
  );
  t.is(failures[0]?.code, 'not-supported');
  t.regex(failures[0]?.message ?? '', /packed with Quantum.*expand/);
});

test('names: traversal, absolute, drives; the rest is given', (t) => {
  const bad = ['..\\..\\evil.sys', '\\windows\\x.sys', 'C:\\x.sys', 'a/../../b.sys'];
  const files = [...bad, 'good.sys'].map((name) => ({ name, data: noise(20) }));
  const { members, failures } = unpackCab(t, buildCab({ folders: [{ method: 'mszip', files }] }));
  t.deepEqual([...members.keys()], ['good.sys']);
  t.deepEqual(
    failures.map(({ code }) => code),
    bad.map(() => 'outside'),
  );
});

test('an archive inside: told, not opened', (t) => {
  const files = [{ name: 'inner.cab', data: noise(20) }];
  const { members, failures } = unpackCab(t, buildCab({ folders: [{ method: 'stored', files }] }));
  t.is(members.size, 0);
  t.regex(failures[0]?.message ?? '', /inner\.cab in .*archives inside archives are not opened/);
});

test('a member that claims 4 GB: a line, and nothing is reserved for it', (t) => {
  const files = [
    { name: 'huge.sys', data: noise(100), size: 0xfffffff0 },
    { name: 'b.sys', data: noise(50) },
  ];
  const { failures } = unpackCab(t, buildCab({ folders: [{ method: 'stored', files }] }));
  t.is(failures[0]?.code, 'limit');
  t.regex(failures[0]?.message ?? '', /4294967280 bytes/);
});

test('a member that claims more than its folder holds: damaged', (t) => {
  const files = [{ name: 'a.sys', data: noise(100), size: 101 }];
  const { members, failures } = unpackCab(t, buildCab({ folders: [{ method: 'stored', files }] }));
  t.is(members.size, 0);
  t.is(failures[0]?.code, 'damaged');
});

test('a bomb: thousands of members over the same bytes stop at the limit', (t) => {
  const cab = buildCab({
    folders: [
      {
        method: 'mszip',
        files: Array.from({ length: 2_000 }, (_, index) => ({
          name: `${index}.sys`,
          data: Buffer.alloc(index === 0 ? 200_000 : 0),
          size: 200_000,
        })),
      },
    ],
  });
  // Every member begins at the start of the folder: uoffFolderStart is 4 bytes into CFFILE.
  let at = cab.readUInt32LE(16);
  for (let index = 0; index < 2_000; index++) {
    cab.writeUInt32LE(0, at + 4);
    at = cab.indexOf(0, at + 16) + 1;
  }
  t.true(cab.length < 100_000);
  const { members, failures } = unpackCab(t, cab, { ...LIMITS, total: 50_000_000 });
  t.true(members.size < 250, `${members.size} members`);
  t.is(failures.at(-1)?.code, 'limit');
});

test('members of one place, as packers give equal files: each has the bytes', (t) => {
  const data = noise(70_000);
  const files = [
    { name: 'a.sys', data },
    { name: 'b.sys', data: Buffer.alloc(0), size: data.length },
  ];
  const cab = buildCab({ folders: [{ method: 'mszip', files }] });
  cab.writeUInt32LE(0, cab.indexOf('b.sys') - 12);
  const { members, failures } = unpackCab(t, cab);
  t.deepEqual(failures, []);
  for (const name of ['a.sys', 'b.sys']) t.true(members.get(name)?.equals(data), name);
});

test('an empty member behind all others, or alone: given', (t) => {
  const empty = { name: 'empty.sys', data: Buffer.alloc(0) };
  for (const files of [[{ name: 'a.sys', data: noise(40_000) }, empty], [empty]]) {
    const { members, failures } = unpackCab(t, buildCab({ folders: [{ method: 'mszip', files }] }));
    t.deepEqual(failures, []);
    t.is(members.size, files.length);
    t.is(members.get('empty.sys')?.length, 0);
  }
});

test('the limit on all that is unpacked counts each byte once', (t) => {
  const files = ['a.sys', 'b.sys'].map((name) => ({ name, data: noise(40_000) }));
  const cab = buildCab({ folders: [{ method: 'mszip', files }] });
  t.is(unpackCab(t, cab, { ...LIMITS, total: 80_000 }).members.size, 2);
  t.is(unpackCab(t, cab, { ...LIMITS, total: 79_999 }).failures[0]?.code, 'limit');
});

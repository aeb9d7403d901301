import { crc32, deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { LIMITS } from '../../../../plugin/packages/members.js';
import { noise, unpackZip } from '../../../support/packages/packages-on-disk.js';
import { buildZip } from '../../../support/packages/zip-builder.js';

const data = Buffer.concat([noise(2_000), Buffer.alloc(100_000, 'driver')]);

test('stored and deflated members, folders with backslashes', async (t) => {
  const zip = buildZip([
    { name: 'x64/a.sys', data },
    { name: 'x86\\b.sys', data, method: 0 },
  ]);
  const { members, failures } = await unpackZip(t, zip);
  t.deepEqual(failures, []);
  t.deepEqual([...members.keys()], ['x64/a.sys', 'x86/b.sys']);
  for (const member of members.values()) t.true(member.equals(data));
});

test('names that lead out, absolute ones, drives, NUL: a line each, and the rest is given', async (t) => {
  const bad = ['../a.sys', 'x/../../a.sys', '/a.sys', 'C:/a.sys', '..\\a.sys', '\\a.sys', 'a\0.sys'];
  const zip = buildZip([...bad.map((name) => ({ name, data })), { name: 'good.sys', data }]);
  const { members, failures } = await unpackZip(t, zip);
  t.deepEqual([...members.keys()], ['good.sys']);
  t.deepEqual(
    failures.map(({ code }) => code),
    bad.map(() => 'outside'),
  );
});

test('encrypted and unknown methods: a line each', async (t) => {
  const zip = buildZip([
    { name: 'secret.sys', data, flags: 1 },
    { name: 'lzma.sys', data, declaredMethod: 14 },
    { name: 'good.sys', data },
  ]);
  const { members, failures } = await unpackZip(t, zip);
  t.deepEqual([...members.keys()], ['good.sys']);
  t.regex(failures[0]?.message ?? '', /secret\.sys in .*it is encrypted/);
  t.regex(failures[1]?.message ?? '', /lzma\.sys in .*compression method 14/);
});

test('more bytes than declared, fewer, a wrong CRC: damaged, and the rest is given', async (t) => {
  const zip = buildZip([
    { name: 'more.sys', data, size: 100 },
    { name: 'fewer.sys', data, size: data.length + 1 },
    { name: 'crc.sys', data, crc: crc32(data) ^ 1 },
    { name: 'broken.sys', data, packed: deflateRawSync(data).subarray(0, 50) },
    { name: 'good.sys', data },
  ]);
  const { members, failures } = await unpackZip(t, zip);
  t.deepEqual([...members.keys()], ['good.sys']);
  t.deepEqual(
    failures.map(({ code }) => code),
    ['damaged', 'damaged', 'damaged', 'damaged'],
  );
  t.regex(failures[2]?.message ?? '', /CRC-32/);
});

test('bombs: a member over the limit, members that together are, too many members', async (t) => {
  const small = { ...LIMITS, member: 1_000_000, total: 2_500_000, members: 5 };
  const zeros = Buffer.alloc(900_000);
  const over = await unpackZip(
    t,
    buildZip([
      { name: 'a.sys', data: Buffer.alloc(1_000_001) },
      { name: 'b.sys', data },
    ]),
    small,
  );
  t.is(over.failures[0]?.code, 'limit');
  t.deepEqual([...over.members.keys()], ['b.sys']);
  const four = ['a', 'b', 'c', 'd'].map((name) => ({ name: `${name}.sys`, data: zeros }));
  const together = await unpackZip(t, buildZip(four), small);
  t.is(together.members.size, 2);
  t.regex(together.failures[0]?.message ?? '', /more than 2500000 bytes/);
  const many = await unpackZip(
    t,
    buildZip(Array.from({ length: 6 }, (_, index) => ({ name: `${index}.sys`, data: noise(3) }))),
    small,
  );
  t.regex(many.failures[0]?.message ?? '', /has 6 members; the limit is 5/);
});

test('cut off at every byte, flipped bits: failures, never an exception', async (t) => {
  const zip = buildZip([{ name: 'a.sys', data: noise(200) }]);
  for (let length = 0; length < zip.length; length += 7) {
    const { members, failures } = await unpackZip(t, zip.subarray(0, length));
    t.is(members.size, 0);
    t.is(failures.length, 1);
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const bytes = Buffer.from(zip);
      bytes[at] = (bytes[at] as number) ^ mask;
      const { members } = await unpackZip(t, bytes);
      for (const member of members.values()) if (!member.equals(noise(200))) return false;
      return true;
    }),
    { numRuns: 150 },
  );
});

import { createHash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { parseCatalog } from '../../../../plugin/packages/catalog/catalog.js';
import { embeddedDigest } from '../../../../plugin/packages/pkcs7/signed-data.js';
import { buildCatalog, integer, octets, oid, sequence, tagged } from '../../../support/packages/catalog-builder.js';

const hashOf = (algorithm: 'sha1' | 'sha256', text: string) => createHash(algorithm).update(text).digest();
const members = [
  { fileName: 'driver.sys', algorithm: 'sha1', hash: hashOf('sha1', 'a') },
  { fileName: 'treiber-ä.sys', algorithm: 'sha1', hash: hashOf('sha1', 'b') },
  { algorithm: 'sha1', hash: hashOf('sha1', 'c') },
] as const;
const membersOf = (bytes: Uint8Array) => {
  const catalog = parseCatalog('a.cat', bytes);
  if (!catalog.ok) throw new Error(catalog.message);
  return catalog.members;
};

for (const indirectData of [true, false]) {
  test(`members of the first version, ${indirectData ? 'with' : 'without'} SpcIndirectData`, (t) => {
    t.deepEqual(
      membersOf(buildCatalog({ members, indirectData })),
      members.map((member) => ({
        digest: { algorithm: 'sha1', hash: member.hash.toString('hex') },
        fileName: 'fileName' in member ? member.fileName : null,
        osAttribute: '2:10.0',
      })),
    );
  });

  test(`members of the second version, ${indirectData ? 'with' : 'without'} SpcIndirectData`, (t) => {
    const hash = hashOf('sha256', 'x');
    t.deepEqual(
      membersOf(buildCatalog({ members: [{ fileName: 'x.sys', algorithm: 'sha256', hash }], indirectData })),
      [{ digest: { algorithm: 'sha256', hash: hash.toString('hex') }, fileName: 'x.sys', osAttribute: '2:10.0' }],
    );
  });
}

test('an empty catalog has no members', (t) => {
  t.deepEqual(membersOf(buildCatalog({ members: [] })), []);
});

test('5,000 members within a second', (t) => {
  const many = Array.from({ length: 5_000 }, (_, index) => ({
    fileName: `file${index}.sys`,
    algorithm: 'sha256' as const,
    hash: hashOf('sha256', String(index)),
  }));
  const bytes = buildCatalog({ members: many });
  const started = process.cpuUsage();
  t.is(membersOf(bytes).length, 5_000);
  t.true(process.cpuUsage(started).user < 3_000_000);
});

test('more members than are read: said, not called cut off alone', (t) => {
  const hash = hashOf('sha256', 'x');
  const bytes = buildCatalog({ members: Array.from({ length: 14_000 }, () => ({ algorithm: 'sha256', hash })) });
  const parsed = parseCatalog('a.cat', bytes);
  t.regex(parsed.ok ? '' : parsed.message, /lists more files than are read/);
});

test('no catalog: text, signed data of another kind, entries without hashes', (t) => {
  const says = (bytes: Uint8Array): string => {
    const parsed = parseCatalog('a.cat', bytes);
    return parsed.ok ? 'parsed' : parsed.message;
  };
  t.regex(says(Buffer.from('not a catalog')), /Cannot read the catalog a\.cat: it is no PKCS #7/);
  t.regex(says(Buffer.alloc(0)), /no PKCS #7/);
  const other = buildCatalog({ members });
  const at = other.indexOf(oid('1.3.6.1.4.1.311.10.1'));
  other[at + 10] = 0x02;
  t.regex(says(other), /no certificate trust list but 1\.3\.6\.1\.4\.1\.311\.10\.2/);
  const emptied = buildCatalog({ members: [{ algorithm: 'sha1', hash: Buffer.from('short') }], indirectData: false });
  t.regex(says(emptied), /none of its entries has a file hash/);
});

test('cut off at every byte, flipped bits: no exception', (t) => {
  const bytes = buildCatalog({ members });
  for (let length = 0; length < bytes.length; length++) t.false(parseCatalog('a.cat', bytes.subarray(0, length)).ok);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ mask;
      const parsed = parseCatalog('a.cat', flipped);
      return parsed.ok || parsed.message.length > 0;
    }),
    { numRuns: 2_000 },
  );
});

test('made to take long or much memory: nested without end, millions of elements, an integer of a megabyte', (t) => {
  const nested = Buffer.alloc(200_000, Buffer.from([0x30, 0x80]));
  const inStrings = Buffer.alloc(200_000, Buffer.from([0x24, 0x80]));
  const many = sequence(octets(Buffer.alloc(12_000_000, Buffer.from([0x02, 0x00]))));
  const long = sequence(octets(sequence(tagged(0x02, Buffer.alloc(1_000_000, 0x7f)))));
  for (const bytes of [nested, inStrings, many, long]) {
    const started = process.cpuUsage();
    t.false(parseCatalog('a.cat', bytes).ok);
    t.is(embeddedDigest(bytes), null);
    t.true(process.cpuUsage(started).user < 10_000_000);
  }
  t.is(embeddedDigest(sequence(integer(1))), null);
});

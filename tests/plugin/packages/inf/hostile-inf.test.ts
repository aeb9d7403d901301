/** INF files made to cost: each took minutes, or all memory, before there were limits. Small ones say what is kept. */
import test from 'ava';
import { withLooseBinaries } from '../../../../plugin/packages/inf/beside.js';
import { readInf } from '../../../../plugin/packages/inf/document.js';
import { imagesOf } from '../../../../plugin/packages/inf/drivers.js';

const read = (...lines: (string | string[])[]) =>
  withLooseBinaries(imagesOf(readInf(Buffer.from(lines.flat().join('\n')))), () => false);
const times = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, at) => line(at));
const messages = ({ problems }: ReturnType<typeof read>) => problems.map(({ message }) => message);

test('strings that would fill the memory stay names, and say so', (t) => {
  const value = '%a%'.repeat(3000);
  const { problems, images } = read(
    ['[DefaultInstall]', 'CopyFiles = @%d%', ...times(100, () => `CopyFiles = ${value}`)],
    ['[Strings]', 'd = x.sys', `a = "${'x'.repeat(1_000_000)}"`],
  );
  t.deepEqual(
    images.map(({ file }) => file.name),
    ['x.sys'],
  );
  t.true(problems.some(({ message, line }) => line === 3 && message.startsWith('its strings make more than')));
  t.true(problems.every(({ message }) => message.length < 5000));
});

test('models that many manufacturers name, sections that need each other in a chain', (t) => {
  const models = ['[Manufacturer]', ...times(50_000, (at) => `a${at} = M`), '[M]', ...times(50_000, () => 'b = I')];
  t.true(messages(read(models, '[I]', 'CopyFiles = @x.sys')).some((text) => text.includes('entries')));
  const chain = times(40_000, (at) => `[I${at}]\nNeeds = I${at + 1}`);
  const needs = read(
    '[Manufacturer]',
    'a = M',
    '[M]',
    times(40_000, (at) => `b${at} = I${at}`),
    chain,
  );
  t.true(messages(needs).some((text) => text.includes('entries')));
});

test('many services and many copies, many places and many files', (t) => {
  const many = 50_000;
  const found = read(
    ['[DefaultInstall]', 'CopyFiles = L', '[L]', ...times(many, (at) => `${at}.sys`)],
    ['[DestinationDirs]', ...times(many, (at) => `d${at} = 12`)],
    ['[DefaultInstall.Services]', ...times(many, (at) => `AddService = s, 2, S${at}`)],
    times(many, (at) => `[S${at}]\nServiceBinary = %12%\\${at + 1}.sys`),
  );
  t.is(found.images.length, many);
  t.deepEqual(messages(found), [
    `the service runs %12%\\${many}.sys, which this INF does not copy: part of Windows or of another package`,
  ]);
});

test('services of binaries that nothing copies: not each of very many is looked for', (t) => {
  let asked = 0;
  const inf = imagesOf(
    readInf(
      Buffer.from(
        [
          ...['[DefaultInstall.Services]', ...times(5000, (at) => `AddService = s, 2, S${at}`), '[DefaultInstall]'],
          ...times(5000, (at) => `[S${at}]\nServiceBinary = %12%\\${at}.sys`),
        ].join('\n'),
      ),
    ),
  );
  const { images, problems } = withLooseBinaries(inf, () => ++asked > 0);
  t.is(images.length, 2000);
  t.is(asked, 2000);
  t.regex(problems[0]?.message ?? '', /^its services run more than 2000 binaries .* not looked for\./);
  t.false(problems.some(({ message }) => message.includes('part of Windows')));
});

test('a binary that thousands of devices name is looked for once; those after it are found', (t) => {
  const lines = [
    ...['[DefaultInstall.Services]', ...times(5000, (at) => `AddService = s, 2, S${at}`), 'AddService = o, 2, O'],
    ...['[DefaultInstall]', ...times(5000, (at) => `[S${at}]\nServiceBinary = %12%\\usbser.sys`)],
    ...['[O]', 'ServiceBinary = %12%\\own.sys'],
  ];
  let asked = 0;
  const { images, problems } = withLooseBinaries(imagesOf(readInf(Buffer.from(lines.join('\n')))), ([name = '']) => {
    asked++;
    return name === 'own.sys';
  });
  t.deepEqual(
    images.map(({ file }) => file.name),
    ['own.sys'],
  );
  t.true(asked < 10);
  t.is(problems.filter(({ message }) => message.includes('not looked for')).length, 0);
});

test('sections by the thousand whose services nothing copies, files by the ten thousand', (t) => {
  const lines = [
    ...['[Manufacturer]', 'm = M,NTamd64', '[M.NTamd64]', ...times(5000, (at) => `d = I${at}`), '[S]'],
    ...['ServiceBinary = %12%\\a.sys', ...times(5000, (at) => `[I${at}.Services]\nAddService = s,2,S`)],
    ...['[SourceDisksFiles.amd64]', ...times(50_000, (at) => `f${at}.sys = 1,x`)],
  ];
  const { loose } = imagesOf(readInf(Buffer.from(lines.join('\n'))));
  t.is(loose.length, 5000);
});

test('a line of millions of quotation marks; blanks in quotes stay', (t) => {
  const { problems } = read('[DefaultInstall]', `CopyFiles = ${'a"b"'.repeat(1_000_000)}`, '[B]', 'x = "  p" "q"');
  t.true(problems.some(({ message }) => message === 'a value has 2000000 characters; Windows takes 4096'));
  t.deepEqual(readInf(Buffer.from('[B]\nx = "  p" "q"')).section('b')[0]?.values, ['  pq']);
});

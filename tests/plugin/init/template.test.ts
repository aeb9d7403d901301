/** A `dotnet new` template, filled in by our own command. */
import test from 'ava';
import { copyTemplate } from '../../../plugin/init/template.js';
import { projectOf } from './projects-on-disk.js';

const GUID = '11111111-2222-3333-4444-aaaaaaaaaaaa';
const files = {
  'package/msbuild/templates/kmdf/.template.config/template.json': JSON.stringify({
    shortName: ['hvci-kmdf', 'other'],
    sourceName: 'SampleDriver',
    guids: [GUID],
  }),
  'package/msbuild/templates/kmdf/SampleDriver.vcxproj': `<a>{${GUID.toUpperCase()}} ${GUID} SampleDriver</a>\r\n`,
  'package/msbuild/templates/kmdf/src/SampleDriver.inf': Buffer.from('\xff\x80 SampleDriver', 'latin1'),
  'package/cmake/templates/plain/HvciDriver.c': 'HvciDriver hvci-driver',
};

test('names, file names and project ids are filled in; every other byte stays', async (t) => {
  const project = projectOf(t, files, null);
  const made = await copyTemplate('hvci-kmdf', project.path('new'), 'My_Driver', false, project.path('package'));
  t.true(made.ok, JSON.stringify(made));
  const after = project.snapshot();
  t.deepEqual(
    Object.keys(after).filter((name) => name.startsWith('new/')),
    ['new/My_Driver.vcxproj', 'new/src/My_Driver.inf'],
  );
  t.is(after['new/src/My_Driver.inf'], Buffer.from('\xff\x80 My_Driver', 'latin1').toString('hex'));
  const [, first, second] =
    /^<a>\{([0-9A-F-]{36})\} ([0-9A-F-]{36}) My_Driver<\/a>\r\n$/.exec(project.read('new/My_Driver.vcxproj')) ?? [];
  t.truthy(first);
  t.is(first, second, 'the same id everywhere');
  t.not(first?.toLowerCase(), GUID);
});

test('a template without a configuration has HvciDriver for the name; an unknown one is answered with the list', async (t) => {
  const project = projectOf(t, files, null);
  t.true((await copyTemplate('plain', project.path('FooBar2'), undefined, false, project.path('package'))).ok);
  t.is(project.read('FooBar2/FooBar2.c'), 'FooBar2 foo-bar2');
  const unknown = await copyTemplate('kmdf', project.path('x'), undefined, false, project.path('package'));
  t.deepEqual(unknown, { ok: false, message: 'There is no template kmdf. The templates are hvci-kmdf, plain.' });
});

test('one file that is there stops all of it', async (t) => {
  const project = projectOf(t, { ...files, 'new/src/X.inf': 'mine' }, null);
  const before = project.snapshot();
  const refused = await copyTemplate('hvci-kmdf', project.path('new'), 'X', false, project.path('package'));
  t.false(refused.ok);
  t.deepEqual(project.snapshot(), before);
});

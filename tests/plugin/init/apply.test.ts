/** Between the plan and the write a file may change: then it is left alone. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { applyChange } from '../../../plugin/init/apply.js';
import type { Plan } from '../../../plugin/init/change.js';
import { planUndo } from '../../../plugin/init/plan-undo.js';
import { planWiring } from '../../../plugin/init/plan-wiring.js';
import { targetAt } from '../../../plugin/init/target.js';
import { VCXPROJ } from './projects.js';
import { projectOf } from './projects-on-disk.js';

function planOf(folder: string, undo = false): Plan {
  const target = targetAt(folder);
  if (!target.ok) throw new Error(target.message);
  const show = (path: string): string => path;
  if (undo) return planUndo(target.value.undoFiles, show);
  return planWiring(target.value, { only: null, force: false, show }, folder);
}

test('a file that changed since it was read is not replaced', async (t) => {
  const project = projectOf(t, { 'a.vcxproj': VCXPROJ });
  const [change] = planOf(project.folder).changes;
  const edited = `${VCXPROJ}<!-- meanwhile -->`;
  writeFileSync(project.path('a.vcxproj'), edited);
  const result = await applyChange(change!);
  t.true('code' in result && result.code === 'changed', JSON.stringify(result));
  t.is(readFileSync(project.path('a.vcxproj'), 'utf8'), edited);
});

test('a file that appeared meanwhile is not written over', async (t) => {
  const project = projectOf(t, { 'a/a.vcxproj': VCXPROJ, 'b/b.vcxproj': VCXPROJ });
  const [change] = planOf(project.folder).changes;
  t.is(change?.before, null);
  project.write('Directory.Build.props', '<Project />');
  const result = await applyChange(change!);
  t.true('code' in result && result.code === 'exists', JSON.stringify(result));
  t.is(project.read('Directory.Build.props'), '<Project />');
});

test('a file that init made and that changed meanwhile is not removed', async (t) => {
  const project = projectOf(t, { 'a/a.vcxproj': VCXPROJ, 'b/b.vcxproj': VCXPROJ });
  const [made] = planOf(project.folder).changes;
  t.deepEqual(await applyChange(made!), []);
  const [removal] = planOf(project.folder, true).changes;
  t.is(removal?.after, null);
  const edited = `${project.read('Directory.Build.props')}<!-- meanwhile -->`;
  project.write('Directory.Build.props', edited);
  const result = await applyChange(removal!);
  t.true('code' in result && result.code === 'changed', JSON.stringify(result));
  t.is(project.read('Directory.Build.props'), edited);
  const [again] = planOf(project.folder, true).changes;
  t.deepEqual(await applyChange(again!), []);
  t.true(existsSync(project.path('Directory.Build.props')), 'more than ours is in it now');
});

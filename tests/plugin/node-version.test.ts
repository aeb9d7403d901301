import { readFileSync } from 'node:fs';
import test from 'ava';
import { nodeProblem, OLDEST_NODE } from '../../plugin/node-version.js';
import { repositoryFile } from '../support/repository.js';

test('the oldest Node.js is the one that package.json names', (t) => {
  const { engines } = JSON.parse(readFileSync(repositoryFile('package.json'), 'utf8')) as { engines: { node: string } };
  t.is(engines.node, `>=${OLDEST_NODE}`);
});

for (const [version, old] of [
  ['12.22.12', true],
  ['18.20.8', true],
  ['20.9.0', true],
  ['20.18.3', true],
  ['20.19.0', false],
  ['20.20.2', false],
  ['22.0.0', false],
  ['24.1.0', false],
  ['100.0.0-nightly', false],
] as const) {
  test(`Node.js ${version} is ${old ? 'too old, and the message says which one it is' : 'new enough'}`, (t) => {
    const problem = nodeProblem(version);
    if (old)
      t.regex(problem ?? '', new RegExp(`Node\\.js 20\\.19 or later, and this is ${version.replaceAll('.', '\\.')} `));
    else t.is(problem, null);
  });
}

/** What a configuration may say: each mistake is named with its key, and the shipped schema agrees with the command. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import draft7 from 'ajv/dist/refs/json-schema-draft-07.json' with { type: 'json' };
import test from 'ava';
import { describeProblems } from '../../../plugin/configuration/problems.js';
import { folderWith, run } from '../../support/command.js';
import { repositoryFile } from '../../support/repository.js';

/** Words of the only line; `semantic`: what a schema that knows no rules and no Windows cannot say. */
const wrong: readonly (readonly [document: unknown, words: string, semantic?: 'semantic'])[] = [
  [{ target: '1703' }, 'unknown key "target"; the keys are targetOs, severity, maxWarnings'],
  [{ targetOs: 1703 }, 'targetOs: must be of type string'],
  [{ targetOs: '1704' }, 'targetOs: "1704" is no Windows release', 'semantic'],
  [{ severity: [] }, 'severity: must be of type object'],
  [{ severity: { HVCI2003: 'loud' } }, 'severity.HVCI2003: must be one of off, info, warning, error'],
  [{ severity: { HVCI2003: null } }, 'severity.HVCI2003: must be one of off, info, warning, error'],
  [{ severity: { hvci2003: 'off' } }, 'severity: "hvci2003" is no rule code'],
  [{ severity: { HVCI1999: 'off' } }, 'severity.HVCI1999: there is no such rule', 'semantic'],
  [{ maxWarnings: '1' }, 'maxWarnings: must be of type integer'],
  [{ maxWarnings: 1.5 }, 'maxWarnings: must be of type integer'],
  [{ maxWarnings: -1 }, 'maxWarnings: must not be below 0'],
  [{ treatAs: 'dll' }, 'treatAs: must be one of driver'],
  [{ stripWrite: 'PATCH' }, 'stripWrite: must be a list'],
  [{ stripExecute: ['A', 1] }, 'stripExecute[1]: must be of type string'],
  [{ stripWrite: [''] }, 'stripWrite[0]: must not be empty'],
  [{ stripExecute: ['A', ' '] }, 'stripExecute[1]: must not be empty'],
  [{ stripWrite: ['A', 'B'], stripExecute: ['B'] }, 'stripWrite and stripExecute both name section B', 'semantic'],
  [{ suppress: {} }, 'suppress: must be a list'],
  [{ suppress: ['HVCI2003'] }, 'suppress[0]: must be of type object'],
  [{ suppress: [{ code: 'HVCI2003' }] }, 'suppress[0]: "reason" is missing'],
  [{ suppress: [{ reason: 'r' }] }, 'suppress[0]: "code" is missing'],
  [{ suppress: [{ code: 'HVCI2003', reason: ' ' }] }, 'suppress[0].reason: must not be empty'],
  [{ suppress: [{ code: '2003', reason: 'r' }] }, 'suppress[0].code: must be a rule code such as HVCI2003'],
  [{ suppress: [{ code: 'HVCI1999', reason: 'r' }] }, 'suppress[0].code: there is no rule HVCI1999', 'semantic'],
  [
    { suppress: [{ code: 'HVCI2003', reason: 'r', file: 'x' }] },
    'suppress[0]: unknown key "file"; the keys are code, path, section, reason',
  ],
  [{ suppress: [{ code: 'HVCI2003', reason: 'r', section: 1 }] }, 'suppress[0].section: must be of type string'],
  [{ suppress: [{ code: 'HVCI2003', reason: 'r', path: [] }] }, 'suppress[0].path: must be of type string'],
  [{ suppress: [{ code: 'HVCI2003', reason: 'r', path: '' }] }, 'suppress[0].path: must not be empty'],
  [{ suppress: [{ code: 'HVCI2003', reason: 'r', path: ' ' }] }, 'suppress[0].path: must not be empty'],
  ...['old/', 'old\\', './', '/'].map(
    (path) =>
      [
        { suppress: [{ code: 'HVCI2003', reason: 'r', path }] },
        `suppress[0].path: "${path}" names a folder; write "${path.slice(0, -1)}/**" for every image below it`,
        'semantic',
      ] as const,
  ),
];

const right: readonly unknown[] = [
  {},
  { $schema: './node_modules/hvci-fix/plugin/configuration/hvci-fix.config.schema.json' },
  { targetOs: 'auto' },
  { targetOs: '10.0.15063' },
  { targetOs: '25H2' },
  { severity: {} },
  { severity: { HVCI2003: 'off', HVCI3002: 'error' } },
  { maxWarnings: 0, treatAs: 'driver', stripWrite: ['PATCH'], stripExecute: ['.data'] },
  { suppress: [{ code: 'HVCI2003', reason: 'r', path: 'old/**', section: 'INIT' }] },
];

const schema = JSON.parse(
  readFileSync(repositoryFile('plugin/configuration/hvci-fix.config.schema.json'), 'utf8'),
) as object;
const accepts = new Ajv({ allErrors: true }).compile(schema);

for (const [document, words, semantic] of wrong) {
  test(`${JSON.stringify(document)}: ${words}`, (t) => {
    const problems = describeProblems(document);
    t.is(problems.length, 1, problems.join('\n'));
    t.true(problems[0]!.startsWith(words), problems[0]);
    t.is(accepts(document), semantic === 'semantic');
  });
}

for (const document of right) {
  test(`${JSON.stringify(document)}: right`, (t) => {
    t.deepEqual(describeProblems(document), []);
    t.true(accepts(document));
  });
}

test('the schema is valid draft-07, and says what each key is for', (t) => {
  const meta = new Ajv({ strict: false }).getSchema(draft7.$id);
  t.truthy(meta);
  t.true(meta?.(schema));
  t.is((schema as { $schema: string }).$schema, draft7.$id);
  const { properties } = schema as { properties: Record<string, { description?: string }> };
  for (const [key, { description }] of Object.entries(properties)) if (key !== '$schema') t.truthy(description, key);
});

test('a path of a suppression that names nothing is a mistake of the configuration, not of the command', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  for (const path of ['', 'old/']) {
    writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ suppress: [{ code: 'HVCI2003', reason: 'r', path }] }));
    const { exitCode, stderr } = await run(['a.sys'], { cwd: folder });
    t.is(exitCode, 2);
    t.regex(stderr, /is wrong:\n {2}suppress\[0\]\.path: /);
  }
});

test('all mistakes are named at once, with the file, before anything is checked', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ colour: true, maxWarnings: -1, treatAs: 'x' }));
  for (const args of [['a.sys'], ['fix', 'a.sys']]) {
    const { exitCode, stdout, stderr } = await run(args, { cwd: folder });
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.true(stderr.startsWith(`hvci-fix: The configuration ${at('hvci-fix.config.json')} is wrong:\n  `), stderr);
    for (const word of ['"colour"', 'maxWarnings', 'treatAs']) t.true(stderr.includes(word), stderr);
  }
});

import { parseArgs } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { parseCall } from '../../../plugin/call/arguments.js';
import { CallError } from '../../../plugin/call/call-error.js';
import { COMMANDS } from '../../../plugin/call/option-table.js';
import { folderWith, run } from '../../support/command.js';

for (const [args, command, positionals] of [
  [['a.sys'], 'check', ['a.sys']],
  [['check', 'a.sys'], 'check', ['a.sys']],
  [['check', 'check'], 'check', ['check']],
  [['fix', 'a.sys', 'b.sys'], 'fix', ['a.sys', 'b.sys']],
  [['--quiet', 'fix', 'a.sys'], 'fix', ['a.sys']],
  // The value of an option is no command.
  [['--output', 'fix', 'a.sys'], 'check', ['a.sys']],
  [['-o', 'fix', 'a.sys'], 'check', ['a.sys']],
  [['--format', 'json', 'fix', 'a.sys'], 'fix', ['a.sys']],
  [['--strip-write', 'PATCH', 'fix', 'a.sys'], 'fix', ['a.sys']],
  [['--output=x', 'explain', 'HVCI2003'], null, []],
  [['--', 'fix', '--out'], 'check', ['fix', '--out']],
  [['fix', '--', 'fix', '--dry-run'], 'fix', ['fix', '--dry-run']],
] as const) {
  test(`hvci-fix ${args.join(' ')}: ${command ?? 'refused'}`, (t) => {
    if (command === null) {
      t.throws(() => parseCall(args), { instanceOf: CallError });
      return;
    }
    const call = parseCall(args);
    t.is(call.command.name, command);
    t.deepEqual(call.positionals, positionals);
  });
}

test('values: the last one counts, repeatable ones add up, short and long forms are the same', (t) => {
  const { values } = parseCall([
    '--format',
    'json',
    '--format=text',
    '--severity',
    'A=off',
    '--severity=B=info',
    '-q',
    'x',
  ]);
  t.is(values['format'], 'text');
  t.deepEqual(values['severity'], ['A=off', 'B=info']);
  t.is(values['quiet'], true);
  t.is(parseCall(['-ofile', 'x']).values['output'], 'file');
  t.is(parseCall(['fix', '-n', 'x']).values['dry-run'], true);
});

/** Exit status 2, nothing on standard output, and these words on standard error. */
for (const [args, ...words] of [
  [['check'], 'Name at least one driver, folder or pattern: hvci-fix check PATH...'],
  [['fix'], 'hvci-fix fix PATH...'],
  [['--bogus', 'a.sys'], 'There is no option --bogus for check.', 'Try hvci-fix check --help.'],
  [['fix', '--bogus', 'a.sys'], 'There is no option --bogus for fix.', 'Try hvci-fix fix --help.'],
  [['--targetos', '1703', 'a.sys'], 'There is no option --targetos for check. Did you mean --target-os?'],
  [['fix', '--Strip-Signatures', 'a.sys'], 'Did you mean --strip-signature?', 'Try hvci-fix fix --help.'],
  [['-V', 'a.sys'], 'There is no option -V for check. Did you mean --version?'],
  [['-v'], 'There is no option -v for check. Did you mean --version?'],
  [['-c', 'a.sys'], 'There is no option -c for check.\nTry'],
  [['explain', '--severity', 'HVCI2003=off', 'HVCI2003'], 'There is no option --severity for explain', 'check, fix'],
  [['a.sys', '--dry-run'], 'There is no option --dry-run for check; it belongs to fix'],
  [['a.sys', '--format'], 'The option --format needs a value: --format FORMAT.'],
  [['a.sys', '--format='], 'The option --format needs a value: --format FORMAT.'],
  [['a.sys', '--output', ''], 'The option --output needs a value: --output FILE.'],
  [['a.sys', '--config', ''], 'The option --config needs a value: --config FILE.'],
  [['a.sys', '--target-os', ''], 'The option --target-os needs a value: --target-os RELEASE.'],
  [['a.sys', '--severity', ''], 'The option --severity needs a value: --severity CODE=LEVEL.'],
  [['fix', 'a.sys', '--out', ''], 'The option --out needs a value: --out DIR.'],
  [['fix', 'a.sys', '--sign-with', ''], 'The option --sign-with needs a value: --sign-with COMMAND.'],
  [['a.sys', '--quiet=1'], 'The option --quiet takes no value.'],
  [['a.sys', '--format', 'xml'], '--format xml: use text, json, sarif, msbuild, ndjson.'],
  [['a.sys', '--target-os', '1704'], '--target-os 1704: no such Windows release', '10.0.15063'],
  [['a.sys', '--treat-as', 'dll'], '--treat-as dll: use driver.'],
  [['a.sys', '--max-warnings', 'many'], '--max-warnings many: use a whole number, 0 or more.'],
  [['a.sys', '--max-warnings=-1'], '--max-warnings -1: use a whole number, 0 or more.'],
  [['a.sys', '--max-warnings', '1.5'], '--max-warnings 1.5: use a whole number'],
  [['a.sys', '--severity', 'HVCI2003'], '--severity HVCI2003: use CODE=LEVEL with off, info, warning or error'],
  [['a.sys', '--severity', 'HVCI2003=loud'], '--severity HVCI2003=loud: use CODE=LEVEL'],
  [['a.sys', '--severity', 'HVCI2003=error=off'], '--severity HVCI2003=error=off: use CODE=LEVEL'],
  [
    ['a.sys', '--severity', 'HVCI1999=off'],
    'there is no rule HVCI1999',
    'The rules are HVCI2000, HVCI2001, HVCI2002, HVCI2003, ',
  ],
  [['a.sys', '--config', 'none.json'], 'There is no configuration', 'none.json; check --config.'],
  [['fix', 'a.sys', '--out', 'o', '--backup'], '--out leaves the originals alone, so --backup has nothing to keep'],
  [['fix', 'a.sys', '--strip-write', 'X', '--strip-execute', 'X'], 'both name section X; choose one.'],
  [['fix', 'a.sys', '--sign-with', 'signtool sign'], 'no placeholder says where the file goes', '{file}'],
  [['fix', 'a.sys', '--sign-with', '"unclosed {file}'], 'a quotation mark is not closed'],
  [
    ['chek', 'a.sys'],
    'There is no command chek and no file of that name.',
    'The commands are check, fix',
    'hvci-fix --help',
  ],
  [['help'], 'There is no command help', 'hvci-fix --help'],
  [
    ['explain', 'HVCI9999'],
    'HVCI9999 is no code that hvci-fix knows',
    'Rules: HVCI2000, ',
    ' codes: 0x2000, 0x2001, 0x2002, 0x2003, ',
  ],
] as const) {
  test(`wrong: hvci-fix ${args.join(' ')}`, async (t) => {
    const { folder } = folderWith(t, { 'a.sys': 'clean' });
    const { exitCode, stdout, stderr } = await run(args, { cwd: folder });
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.true(stderr.startsWith('hvci-fix: '), stderr);
    for (const word of words) t.true(stderr.includes(word), stderr);
  });
}

test('a word that is a file is a file, whatever it looks like', async (t) => {
  const { folder } = folderWith(t, { chek: 'clean', fix: 'clean' });
  t.is((await run(['chek'], { cwd: folder })).exitCode, 0);
  t.is((await run(['./fix'], { cwd: folder })).exitCode, 0);
  t.is((await run(['--', 'fix'], { cwd: folder })).exitCode, 0);
});

/** node:util's parser is the judge of the syntax; what only our table knows (an empty value is none) is left out. */
test('any command line means what parseArgs makes of it', (t) => {
  const { options } = COMMANDS.find(({ name }) => name === 'fix')!;
  const table = Object.fromEntries(
    options.map(({ name, short, value, repeatable }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: repeatable === true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  const pieces = [
    '--quiet',
    '-q',
    '-n',
    '-o',
    '-qn',
    '-qno',
    '-qofile',
    '-ofile',
    '-o=x',
    '-h',
    '-V',
    '-',
    '--',
    '--quiet=',
    '--=',
  ];
  const words = [
    'a.sys',
    'b=c',
    '--output',
    '--output=o',
    '--output=-x',
    '--format',
    '--severity',
    '--severity=A=off',
    '--none',
    '--strip-write=X',
    '-é',
    '---',
  ];
  const one = fc.constantFrom(...pieces, ...words);
  fc.assert(
    fc.property(fc.array(one, { maxLength: 6 }), (args) => {
      const expected = outcomeOf(() => parseArgs({ args, options: table, allowPositionals: true }));
      const actual = outcomeOf(() => parseCall(['fix', ...args]));
      t.deepEqual(actual, expected, args.join(' '));
    }),
    { numRuns: 5000 },
  );
});

/** What was understood, or only that it was refused: the words are ours. */
function outcomeOf(parse: () => { values: object; positionals: readonly string[] }): unknown {
  try {
    const { values, positionals } = parse();
    return { values: { ...values }, positionals: [...positionals] };
  } catch {
    return 'refused';
  }
}

test('--no-color, which scripts give to whatever they call: every command that people call takes it', (t) => {
  for (const { name } of COMMANDS.filter((command) => command.name !== 'build-step'))
    t.true(parseCall([name, '--no-color']).values['no-color'], name);
});

/**
 * Tests one rule in the style of eslint's RuleTester: fixtures that it must report, must pass and does not apply to. Holds
 * every finding to what the rule declares, and the rule to its contract: a page, no changed byte, no span outside the file.
 */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { parseImage } from '../../fixer/pe/image.js';
import { type CheckOptions, type CheckResult, check } from '../../fixer/rules/check.js';
import type { Finding } from '../../fixer/rules/finding.js';
import type { NotApplicable, Rule } from '../../fixer/rules/rule.js';
import type { BuiltImage } from './image-builder.js';
import { repositoryFile } from './repository.js';

export interface ExpectedFinding extends Omit<Finding, 'code' | 'name' | 'message' | 'hint' | 'symbol'> {
  readonly symbol?: string | null;
  /** Words that the text must have, in any order. */
  readonly message: readonly string[];
  readonly hint: readonly string[];
}

interface Fixture {
  readonly name: string;
  readonly image: () => BuiltImage;
  readonly options?: CheckOptions;
}

export interface FailingFixture extends Fixture {
  readonly findings: (image: BuiltImage) => readonly [ExpectedFinding, ...ExpectedFinding[]];
  /** Words of the reason, where the rule also leaves something open. */
  readonly undetermined?: readonly string[];
}

export interface RuleFixtures {
  readonly failing: readonly [FailingFixture, ...FailingFixture[]];
  readonly passing: readonly [Fixture, ...Fixture[]];
  readonly notApplicable: readonly [
    Fixture & { readonly reason: NotApplicable | 'no-driver' },
    ...(Fixture & { readonly reason: NotApplicable | 'no-driver' })[],
  ];
  /** Images of which the rule cannot tell; `reason` are words of what it says. */
  readonly undetermined?: readonly (Fixture & { readonly reason: readonly string[] })[];
}

const FIX_RANK = { none: 0, 'opt-in': 1, safe: 2 } as const;

export function testRule(rule: Rule, fixtures: RuleFixtures): void {
  const { code, name, fix } = rule.meta;
  const run = (image: BuiltImage, options: CheckOptions = {}): CheckResult => {
    const parsed = parseImage(image.bytes);
    if (!parsed.ok) throw new Error(`the fixture does not parse: ${parsed.error.message}`);
    const before = image.bytes.slice();
    const result = check(parsed.value, options);
    if (Buffer.compare(before, image.bytes) !== 0) throw new Error(`${code} changed the image`);
    return result;
  };
  const mine = ({ findings }: CheckResult): Finding[] => findings.filter((finding) => finding.code === code);
  const open = ({ undetermined }: CheckResult): string[] =>
    undetermined.filter((item) => item.code === code).map(({ reason }) => reason);
  const passedOver = ({ notApplicable }: CheckResult): string[] =>
    notApplicable.filter((item) => item.code === code).map(({ reason }) => reason);

  for (const { name: title, image: build, options, findings, undetermined } of fixtures.failing) {
    test(`${code} reports ${title}`, (t) => {
      const image = build();
      const result = run(image, options);
      const found = mine(result);
      const expected = findings(image);
      t.is(found.length, expected.length, `findings: ${found.map(({ message }) => message).join(' | ')}`);
      found.forEach((finding, index) => {
        const problems = contractProblems(finding, image.bytes.length, name, fix);
        t.deepEqual(problems, []);
        const { message, hint, ...rest } = expected[index] as ExpectedFinding;
        const { message: text, hint: advice, code: _code, name: _name, ...facts } = finding;
        t.deepEqual(facts, { symbol: null, ...rest });
        for (const word of message) t.true(text.includes(word), `message lacks "${word}": ${text}`);
        for (const word of hint) t.true(advice.includes(word), `hint lacks "${word}": ${advice}`);
      });
      assertWords(t, open(result), undetermined);
      t.deepEqual(passedOver(result), []);
    });
  }
  for (const { name: title, image, options } of fixtures.passing) {
    test(`${code} passes ${title}`, (t) => {
      const result = run(image(), options);
      t.true(result.applicable, 'the fixture is no driver, so the rule did not run');
      t.deepEqual(mine(result), []);
      t.deepEqual(open(result), []);
      t.deepEqual(passedOver(result), []);
    });
  }
  for (const { name: title, image, options, reason } of fixtures.notApplicable) {
    test(`${code} does not apply to ${title}`, (t) => {
      const result = run(image(), options);
      t.deepEqual(mine(result), []);
      t.deepEqual(open(result), []);
      t.is(result.applicable, reason !== 'no-driver');
      t.deepEqual(passedOver(result), reason === 'no-driver' ? [] : [reason]);
    });
  }
  for (const { name: title, image, options, reason } of fixtures.undetermined ?? []) {
    test(`${code} leaves open ${title}`, (t) => {
      const result = run(image(), options);
      t.deepEqual(mine(result), []);
      assertWords(t, open(result), reason);
    });
  }
  test(`${code} has a page with its name`, (t) => {
    const page = readFileSync(repositoryFile(`fixer/rules/${name}.md`), 'utf8').split('\n');
    t.is(page[0], `# ${code} ${name}`);
    t.is(page[1], '');
    t.regex(page[2] ?? '', /^\w.{20,}/, 'the heading is followed by a sentence');
    t.true(page.length >= 25 && page.length <= 61, `${page.length} lines`);
  });
  test(`${code} has every kind of fixture`, (t) => {
    t.true(fixtures.failing.length > 0 && fixtures.passing.length > 0 && fixtures.notApplicable.length > 0);
    const fixes = fixtures.failing.flatMap(({ image, options }) =>
      mine(run(image(), options)).map((found) => found.fix),
    );
    t.true(fixes.includes(fix), `no failing fixture has the fix "${fix}" that the rule declares`);
  });
}

/** What a finding says that its rule may not say. */
function contractProblems(finding: Finding, length: number, name: string, fix: Finding['fix']): string[] {
  const problems: string[] = [];
  const span = [finding.offset, finding.length];
  if (finding.name !== name) problems.push(`name ${finding.name}`);
  if (FIX_RANK[finding.fix] > FIX_RANK[fix]) problems.push(`fix ${finding.fix}, but the rule declares ${fix}`);
  if (span.filter((value) => value === null).length === 1) problems.push('offset without length');
  if (finding.offset !== null && finding.length !== null) {
    if (finding.length <= 0 || finding.offset < 0) problems.push('an empty span');
    if (finding.offset + finding.length > length) problems.push('a span outside the file');
  }
  if (!/[.)]$/.test(finding.message) || /undefined|NaN|\[object/.test(finding.message + finding.hint))
    problems.push(`message: ${finding.message}`);
  if (!/[.)]$/.test(finding.hint)) problems.push(`hint: ${finding.hint}`);
  if (JSON.stringify(JSON.parse(JSON.stringify(finding))) !== JSON.stringify(finding))
    problems.push('data is not JSON');
  return problems;
}

function assertWords(
  t: import('ava').ExecutionContext,
  reasons: readonly string[],
  words: readonly string[] | undefined,
): void {
  t.is(reasons.length, words === undefined ? 0 : 1, `undetermined: ${reasons.join(' | ')}`);
  for (const word of words ?? []) t.true((reasons[0] ?? '').includes(word), `reason lacks "${word}": ${reasons[0]}`);
}

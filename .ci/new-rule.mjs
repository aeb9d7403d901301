// Scaffolds a rule: its file, its page, its test and its line in the catalogue.
//
//     npm run new-rule -- HVCI3007 some-name "What is wrong, as a title"
//
// Refuses a code or a name that is in use, or a code that CHANGELOG.md mentions (codes are never reused). Writes nothing then.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rulesFolder = join(root, 'fixer/rules');
const catalogueFile = join(rulesFolder, 'image-catalogue.ts');

function fail(message) {
  process.stderr.write(`new-rule: ${message}\n`);
  process.exit(2);
}

const [code, name, title, ...rest] = process.argv.slice(2);
if (code === undefined || name === undefined || title === undefined || rest.length > 0)
  fail('usage: npm run new-rule -- HVCI3007 some-name "What is wrong, as a title"');
if (!/^HVCI[234]\d{3}$/.test(code)) fail(`${code} is no rule code: HVCI, then 2, 3 or 4, then three digits`);
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(name)) fail(`${name} is no rule name: lower case words, joined by hyphens`);
if (!/^[A-Z0-9][^'\n\\]{9,}$/.test(title)) fail('the title is one line that begins with a capital and has no quotes');

// Codes in use: those of the rules' files and pages, and retired ones, which CHANGELOG.md mentions.
const taken = new Map();
for (const file of readdirSync(rulesFolder)) {
  const text = readFileSync(join(rulesFolder, file), 'utf8');
  const own = /^ {4}code: '(HVCI\d{4})'/m.exec(text)?.[1] ?? /^# (HVCI\d{4}) /.exec(text)?.[1];
  if (own !== undefined) taken.set(own, file);
}
if (taken.has(code)) fail(`${code} is the code of fixer/rules/${taken.get(code)}; codes are never reused`);
const changelog = join(root, 'CHANGELOG.md');
if (existsSync(changelog) && new RegExp(`\\b${code}\\b`).test(readFileSync(changelog, 'utf8')))
  fail(`${code} is in CHANGELOG.md, so it was in use once; codes are never reused`);

const files = {
  rule: join(rulesFolder, `${name}.ts`),
  page: join(rulesFolder, `${name}.md`),
  test: join(root, `tests/rules/${name}.test.ts`),
};
for (const file of Object.values(files)) if (existsSync(file)) fail(`${file.slice(root.length + 1)} exists already`);

const constant = name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const verifierCode = code.startsWith('HVCI2') ? `0x${code.slice(4)}` : 'null';

const rule = `import type { Rule } from './rule.js';

export const ${constant}: Rule = {
  meta: {
    code: '${code}',
    name: '${name}',
    title: '${title}',
    severity: 'warning',
    effect: 'hygiene',
    fix: 'none',
    verifierCode: ${verifierCode},
  },
  check(context) {
    const { image } = context;
    if (image.sections.length === 0) return context.notApplicable('no-sections');
    // TODO: look, and call context.report with section, field, offset, length, rva and data; context.undetermined where
    // a structure cannot be parsed.
  },
};
`;

const sections = {
  'Why it matters': 'TODO: what memory integrity does that this collides with.',
  'What Windows says': 'TODO: codes, events, messages; or that there are none.',
  'How it comes about': '- TODO: linker options, source constructs, tools.',
  'How to fix': '- TODO: at the source.\n- TODO: what `hvci-fix fix` does, or why it refuses.',
  'How to confirm':
    '`verifier /flags 0x02000000 /driver x.sys`, reboot, use the driver, `verifier /query`. The HLK test is "HyperVisor Code\nIntegrity Readiness Test". `msinfo32` shows whether "Hypervisor enforced Code Integrity" is running.',
  References: '- Driver compatibility with memory integrity and VBS',
};
const page = `# ${code} ${name}

${title}.

${Object.entries(sections)
  .map(([heading, text]) => `## ${heading}\n\n${text}\n`)
  .join('\n')}`;

const testFile = `import { ${constant} } from '../../fixer/rules/${name}.js';
import { buildImage } from '../support/image-builder.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { testRule } from '../support/rule-tester.js';

testRule(${constant}, {
  failing: [
    {
      name: 'TODO: the defect',
      image: () => buildDriver(),
      findings: (image) => [
        {
          severity: 'warning',
          effect: 'hygiene',
          fix: 'none',
          section: null,
          field: 'optionalHeader.checkSum',
          offset: image.checkSum,
          length: 4,
          rva: null,
          data: {},
          message: ['TODO'],
          hint: ['TODO'],
        },
      ],
    },
  ],
  passing: [{ name: 'a driver without the defect', image: () => buildDriver() }],
  notApplicable: [
    { name: 'a driver without sections', image: () => buildImage({ entryPoint: 8 }), reason: 'no-sections' },
  ],
});
`;

const codesFile = join(rulesFolder, 'codes.ts');
const codes = readFileSync(codesFile, 'utf8');
writeFileSync(codesFile, codes.replace('\n];', `\n  '${code}',\n];`));

const catalogue = readFileSync(catalogueFile, 'utf8');
const lines = catalogue.split('\n');
const end = lines.lastIndexOf('];');
const imports = lines.flatMap((line, index) => (line.startsWith('import ') ? [{ line, index }] : []));
if (end < 0 || imports.length === 0)
  fail('fixer/rules/image-catalogue.ts does not look as expected; add the rule there by hand');
lines.splice(end, 0, `  ${constant},`);
const added = `import { ${constant} } from './${name}.js';`;
const source = (line) => /from '(.*)'/.exec(line)?.[1] ?? '';
const after = imports.filter(({ line }) => source(line) < source(added)).at(-1);
lines.splice(after === undefined ? imports[0].index : after.index + 1, 0, added);

writeFileSync(files.rule, rule);
writeFileSync(files.page, page);
writeFileSync(files.test, testFile);
writeFileSync(catalogueFile, lines.join('\n'));
process.stdout.write(
  `${[...Object.values(files), catalogueFile].map((file) => file.slice(root.length + 1)).join('\n')}\nNext: write the check, its page and its fixtures; the test fails until they are there.\n`,
);

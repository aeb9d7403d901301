/** The very linker option behind a finding, so that the remedy can be done without a search. */
import type { Finding } from '../../fixer/rules/finding.js';
import type { LinkerOption } from '../link/options.js';

export interface Culprit {
  /** `/MERGE:.rdata=.text`; for an option that is missing `no /RELEASE`. */
  readonly text: string;
  /** The MSBuild property or item metadata that makes this option. */
  readonly property: string | null;
}

type Finder = (finding: Finding, options: readonly LinkerOption[]) => readonly Culprit[];

const FINDERS: Readonly<Record<string, Finder>> = {
  HVCI2003: (finding, options) => [
    ...sectionAttributes(finding.section, /[we]/i, options),
    ...mergesInto(finding.section, DATA, options),
    ...named(options, ({ name, text }) => name === 'omagic' || text === '-N', null),
  ],
  HVCI2004: (_finding, options) => [
    ...last(named(options, ({ name, value }) => name === 'align' && isBelowPage(value, 10), 'SectionAlignment')),
    ...last(named(options, ({ name, value }) => name === 'section-alignment' && isBelowPage(value, 16), null)),
    ...named(options, ({ name, text }) => name === 'omagic' || text === '-N', null),
  ],
  HVCI2005: (finding, options) => [
    ...mergesInto(finding.section, TABLE, options),
    ...sectionAttributes(finding.section, /e/i, options),
  ],
  HVCI3001: (_finding, options) => [
    ...named(
      options,
      ({ name, text }) => text.slice(1) === 'Gy-' || name === 'fno-function-sections',
      'FunctionLevelLinking',
    ),
    ...named(
      options,
      ({ name, text }) => /^.Zp[1248]?$/.test(text) || name === 'fpack-struct',
      'StructMemberAlignment',
    ),
    ...named(options, ({ name, value }) => name === 'opt' && /noref/i.test(value), 'OptimizeReferences'),
    ...missingFunctionLevelLinking(options),
  ],
  HVCI3002: (_finding, options) =>
    last(
      named(
        options,
        ({ name, value }) =>
          (name === 'nxcompat' && /^no$/i.test(value)) || name === 'disable-nxcompat' || name === 'no-nxcompat',
        'DataExecutionPrevention',
      ),
    ),
  HVCI4001: (finding, options) =>
    finding.data['stored'] === 0 && has(options, 'driver') && !has(options, 'release')
      ? [{ text: 'no /RELEASE', property: 'SetChecksum' }]
      : [],
};

/** Empty where none of the options explains the finding. */
export function culpritsOf(finding: Finding, options: readonly LinkerOption[]): readonly Culprit[] {
  return FINDERS[finding.code]?.(finding, options) ?? [];
}

/** True where options, if only they were known, might explain such a finding. */
export const hasFinder = ({ code }: Finding): boolean => Object.hasOwn(FINDERS, code);

const TABLE = /^\.[ir]data/i;
const DATA = /^(?:\.data|\.bss|\.[ir]data|INIT)/i;

/** `/MERGE:from=to` with `to` the section, directly or through another merge. */
function mergesInto(section: string | null, from: RegExp, options: readonly LinkerOption[]): Culprit[] {
  if (section === null) return [];
  const merges = options.flatMap((option) => {
    const [, source = '', target = ''] = (option.name === 'merge' && /^([^=]+)=(.+)$/.exec(option.value)) || [];
    return source === '' ? [] : [{ source, target, text: option.text }];
  });
  const found = new Set<string>();
  const targets = [section];
  for (let at = 0; at < targets.length; at++) {
    for (const { source, target, text } of merges) {
      if (target !== targets[at] || found.has(text)) continue;
      if (from.test(source)) found.add(text);
      if (!targets.includes(source)) targets.push(source);
    }
  }
  return [...found].map((text) => ({ text, property: 'MergeSections' }));
}

/** `/SECTION:name,attributes` where an attribute that is given, not taken away by `!`, matches. */
function sectionAttributes(section: string | null, letters: RegExp, options: readonly LinkerOption[]): Culprit[] {
  return named(
    options,
    ({ name, value }) => {
      const [of, attributes = ''] = value.split(',');
      return name === 'section' && of === section && letters.test(attributes.replace(/!./g, ''));
    },
    'SpecifySectionAttributes',
  );
}

function missingFunctionLevelLinking(options: readonly LinkerOption[]): Culprit[] {
  // Only where the text holds the compiler's options as well can one of them be missing.
  const compiles = options.some(
    ({ text }) => /^[/-](?:c|Zi|Z7|O[12dx]|O[0-3s]|std[:=].*|kernel)$/.test(text) && !/^.kernel$/i.test(text),
  );
  const there = options.some(({ text, name }) => /^[/-]Gy$/.test(text) || name === 'ffunction-sections');
  return compiles && !there ? [{ text: 'no /Gy', property: 'FunctionLevelLinking' }] : [];
}

const named = (
  options: readonly LinkerOption[],
  matches: (option: LinkerOption) => boolean,
  property: string | null,
): Culprit[] => options.filter(matches).map(({ text }) => ({ text, property }));

/** Of an option that may be repeated the last one counts. */
const last = (culprits: readonly Culprit[]): Culprit[] => culprits.slice(-1);

const has = (options: readonly LinkerOption[], wanted: string): boolean => options.some(({ name }) => name === wanted);

/** link.exe reads decimal, octal and C's hex, GNU ld hex without a prefix too. */
function isBelowPage(text: string, radix: 10 | 16): boolean {
  const value = /^0x/i.test(text) ? Number(text) : Number.parseInt(text, radix);
  return Number.isFinite(value) && value % 0x1000 !== 0;
}

/** SARIF reporting descriptors for the rules, with the rule's page as help. */
import type { Severity } from '../../fixer/rules/finding.js';
import type { RuleMeta } from '../../fixer/rules/rule.js';
import { hex } from './numbers.js';
import { effectWords } from './wording.js';

export type SarifLevel = 'error' | 'warning' | 'note';

export function levelOf(severity: Severity): SarifLevel {
  return severity === 'info' ? 'note' : severity;
}

/** SARIF 2.1.0, 3.49. `page` is the rule's Markdown page, '' where it has none. */
export function ruleDescriptor(meta: RuleMeta, page: string, helpUri: string | undefined): object {
  const title = asSentence(meta.title);
  const text = page === '' ? title : plainText(page);
  return {
    id: meta.code,
    name: pascalCase(meta.name),
    shortDescription: { text: title },
    fullDescription: { text: `${title} ${effectWords(meta)}` },
    help: { text, markdown: page === '' ? title : page },
    ...(helpUri === undefined ? {} : { helpUri }),
    defaultConfiguration: { level: levelOf(meta.severity) },
    properties: {
      tags: ['memory-integrity', 'windows-driver', meta.effect],
      effect: meta.effect,
      fix: meta.fix,
      ...(meta.verifierCode === null ? {} : { verifierCode: hex(meta.verifierCode) }),
    },
  };
}

/** `execute-write-section` as `ExecuteWriteSection`, the form that SARIF viewers expect of a rule's name. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

function asSentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** Markdown without its marks, for viewers that show `help.text`: headings, emphasis, code, links, fences. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/^ {0,3}(?:```|~~~).*$\n?/gm, '')
    .replace(/^#{1,6}\s+/gm, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__)(.+?)\1/g, '$2')
    .replace(/`([^`]*)`/g, '$1')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Numbers that people have in hand before they have a log: events of CodeIntegrity, and Driver Verifier's bug check. */
import { rules } from '../../fixer/rules/catalogue.js';
import { issueOfEvent } from './code-integrity.js';
import { eventEffect } from './meaning.js';
import { isSignatureEvent, signatureEventMeaning } from './signature-events.js';

const EVENT_LOG = 'Microsoft-Windows-CodeIntegrity/Operational';

/** What the number stands for and how to have its log explained; null for one that is not known. */
export function numberPage(asked: string): string | null {
  const text = asked.trim().toLowerCase();
  if (/^(?:0x0*)?c4$/.test(text)) return bugCheckPage();
  const id = /^\d{4}$/.test(text) ? Number(text) : 0;
  if (isSignatureEvent(id)) return signaturePage(id);
  const effect = eventEffect(id);
  return effect === null ? null : eventPage(id, effect);
}

function eventPage(id: number, effect: string): string {
  const code = issueOfEvent(id);
  const rule = rules.find(({ meta }) => meta.code === code)?.meta;
  return [
    `# CodeIntegrity event ${id}`,
    effect,
    rule === undefined
      ? '`hvci-fix check driver.sys` tells what memory integrity minds in the driver that the event names.'
      : `The rule is ${rule.code} ${rule.name}: \`hvci-fix explain ${rule.code}\` shows cause and remedy, and \`hvci-fix check driver.sys\` tells where it is.`,
    `To have the events of a machine explained: \`wevtutil qe ${EVENT_LOG} /q:"*[System[(EventID=${id})]]" /f:text > log.txt\`, then \`hvci-fix explain log.txt --image driver.sys\`.`,
  ].join('\n\n');
}

const signaturePage = (id: number): string =>
  [
    `# CodeIntegrity event ${id}`,
    `Event ${id}: ${signatureEventMeaning(id)}.`,
    "It is about the file's signature or the machine's App Control policy, which no fix of hvci-fix changes. A driver that memory integrity refuses has event 3072, 3073, 3087 or 3111; `hvci-fix check driver.sys` tells without one.",
  ].join('\n\n');

function bugCheckPage(): string {
  const codes = rules.flatMap(({ meta: { code, name, verifierCode } }) =>
    verifierCode === null ? [] : [[verifierCode, `- 0x${verifierCode.toString(16)}: ${code} ${name}`] as const],
  );
  return [
    '# Bug check 0xC4, DRIVER_VERIFIER_DETECTED_VIOLATION',
    'Driver Verifier found a violation; parameter 1 (Arg1) says which. These are about memory integrity (`hvci-fix explain 0x2003` shows the page of one):',
    codes
      .sort(([a], [b]) => a - b)
      .map(([, line]) => line)
      .join('\n'),
    'Other values of parameter 1 are on Microsoft\'s page "Bug Check 0xC4: DRIVER_VERIFIER_DETECTED_VIOLATION".',
    'To have one explained, with driver, function and source line: in the debugger `.logopen log.txt`, `!analyze -v`, `lm`, `.logclose`, then `hvci-fix explain log.txt --image driver.sys`.',
  ].join('\n\n');
}

/** `hvci-fix explain`: the page of a rule, by its code, its name or Driver Verifier's code, of an event or bug check; or what a log says. */
import { existsSync } from 'node:fs';
import { hex } from '../../fixer/pe/hex.js';
import { rules } from '../../fixer/rules/catalogue.js';
import type { RuleMeta } from '../../fixer/rules/rule.js';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { numberPage } from '../explain/number-pages.js';
import { writeOut } from '../files/output.js';
import { pageOf } from '../report/pages.js';

export async function explainCommand(call: Call): Promise<number> {
  const { positionals } = call;
  // In the order in which they run they are no list to look something up in.
  const metas = rules.map(({ meta }) => meta).sort((a, b) => (a.code < b.code ? -1 : 1));
  if (positionals.length === 0) {
    const width = Math.max(...metas.map(({ name }) => name.length));
    const lines = metas.map(
      ({ code, name, title, verifierCode }) =>
        `${code}  ${name.padEnd(width)}  ${title}${verifierCode === null ? '' : ` (Driver Verifier ${hex(verifierCode)})`}`,
    );
    writeOut(1, `${lines.join('\n')}\n\nhvci-fix explain CODE shows the page of one.\n`);
    return 0;
  }
  const logs = positionals.filter((asked) => isLog(asked, metas));
  if (logs.length > 0) {
    if (logs.length < positionals.length) throw new CallError('Name either codes or logs: explain prints one of both.');
    const { explainLogs } = await import('../explain/explain-logs.js');
    return explainLogs(logs, call, pageOf);
  }
  const unused = ['image', 'base', 'modules', 'format'].find((name) => call.values[name] !== undefined);
  if (unused !== undefined)
    throw new CallError(`The option --${unused} is for logs, and ${noLogs(positionals, metas)}`);
  const pages = positionals.map((asked) => {
    const meta = metas.find((candidate) => answersTo(candidate, asked));
    const number = numberPage(asked);
    if (meta === undefined) {
      if (number !== null) return number;
      const codes = metas.map(({ code }) => code);
      const verifierCodes = metas.flatMap(({ verifierCode }) => (verifierCode === null ? [] : [hex(verifierCode)]));
      throw new CallError(
        `${asked} is no code that hvci-fix knows, nor a file. Rules: ${codes.join(', ')}; Driver Verifier codes: ${verifierCodes.join(', ')}; CodeIntegrity events such as 3072; bug check 0xC4.`,
      );
    }
    const page = pageOf(meta.code).trimEnd();
    // 3004 is a rule and an event.
    return number === null ? page : `${page}\n\n${number}`;
  });
  writeOut(1, `${pages.join('\n\n')}\n`);
  return 0;
}

/** A code comes first: a file that is called like one is `./2003`. */
const isLog = (asked: string, metas: readonly RuleMeta[]): boolean =>
  asked === '-' || (!isCode(asked, metas) && existsSync(asked));

const isCode = (asked: string, metas: readonly RuleMeta[]): boolean =>
  metas.some((meta) => answersTo(meta, asked)) || numberPage(asked) !== null;

/** Why what was asked for has no use for an option of logs. */
function noLogs(positionals: readonly string[], metas: readonly RuleMeta[]): string {
  const others = positionals.filter((asked) => !isCode(asked, metas));
  if (others.length > 0) return `${others.join(', ')} is no file that is there.`;
  const [first, ...more] = positionals;
  const are = more.length === 0 ? `${first} is a code, whose page` : `${positionals.join(', ')} are codes, whose pages`;
  return `${are} ${more.length === 0 ? 'is' : 'are'} text. Leave it out.`;
}

/** `HVCI2003`, `hvci2003`, `execute-write-section`, `0x2003`, `2003`. */
function answersTo({ code, name, verifierCode }: RuleMeta, asked: string): boolean {
  const text = asked.trim().toLowerCase();
  if (text === code.toLowerCase() || text === name || text === code.slice(4)) return true;
  return verifierCode !== null && text === hex(verifierCode);
}

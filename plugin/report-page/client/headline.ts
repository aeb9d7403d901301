/** The report in a sentence, and what it was made from. */
import { counted, grouped, h } from './dom.js';
import type { ReportData } from './report.js';

const WITH = 'with memory integrity on';
const WITHOUT = 'for a reason other than memory integrity';

/** The worst first; what could not be read is never passed over. `loads` counts the verdicts. */
export function headline({ drivers }: ReportData, loads: ReadonlyMap<string, number>): (Node | string)[] {
  const count = (...verdicts: readonly string[]): number =>
    verdicts.reduce((sum, verdict) => sum + (loads.get(verdict) ?? 0), 0);
  const total = drivers.length;
  const part = (tone: string, number: number, one: string, many: string): (Node | string)[] =>
    total === 1
      ? [h('em', { class: tone }, 'The image'), ` ${one}`]
      : [h('em', { class: tone }, grouped(number)), ` of ${counted(total, 'image')} ${number === 1 ? one : many}`];
  if (total === 0) return ['Nothing was checked'];
  const bad = count('refused', 'crash');
  if (bad > 0) {
    const [one, many] = count('crash') === 0 ? ['does not load', 'do not load'] : ['fails', 'fail'];
    return part('bad', bad, `${one} ${WITH}`, `${many} ${WITH}`);
  }
  const doubtful = count('doubtful', 'strict', 'undecided');
  if (doubtful > 0) return part('warn', doubtful, `may not load ${WITH}`, `may not load ${WITH}`);
  const anyway = count('anyway');
  if (anyway > 0) return part('bad', anyway, `does not load, ${WITHOUT}`, `do not load, ${WITHOUT}`);
  const unreadable = count('unreadable');
  if (unreadable > 0) return part('warn', unreadable, 'could not be read', 'could not be read');
  if (count('loads') > 0) return [`No driver is refused ${WITH}`];
  return [
    total === 1
      ? 'The image is no driver that memory integrity concerns'
      : `None of ${counted(total, 'image')} is a driver that memory integrity concerns`,
  ];
}

export function lede({ drivers, hosts, targetOs, tool }: ReportData): string {
  const fixable = drivers.filter(({ findings }) =>
    findings.some(({ fix, aside }) => fix === 'safe' && aside === undefined),
  );
  const signed = fixable.filter(({ signed: isSigned }) => isSigned).length;
  const parts: string[] = [];
  if (hosts.length > 0) parts.push(`From ${counted(hosts.length, 'machine')}.`);
  if (fixable.length > 0) {
    const which = fixable.length === 1 ? 'which is' : `${grouped(signed)} of which ${signed === 1 ? 'is' : 'are'}`;
    const price = signed === 0 ? '' : `, ${which} signed and would lose the signature`;
    parts.push(`\`hvci-fix fix\` can safely remove findings from ${counted(fixable.length, 'image')}${price}.`);
  }
  if (targetOs !== null) parts.push(`Judged for Windows ${targetOs} and later.`);
  parts.push(`Made by ${tool}.`);
  return parts.join(' ');
}

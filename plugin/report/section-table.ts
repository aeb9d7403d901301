/** The table of sections in the text report, with the codes of the findings beside the sections they concern. */
import { IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_READ, IMAGE_SCN_MEM_WRITE } from '../../fixer/pe/winnt.js';
import type { Paint } from './ansi.js';
import { escapeForTerminal } from './escape.js';
import { sectionFinder, sizeOf } from './finding-section.js';
import type { PlanReport, ReportedFinding, SectionRow } from './model.js';
import { counted, grouped, hex } from './numbers.js';
import { renderTable, type TableRow } from './table.js';
import { shorten } from './wrap.js';

const MAX_ROWS = 24;
const MAX_NAME = 24;

/** `R-X`, `RWX`, `---`: what the section's flags allow. */
export function protection(characteristics: number): string {
  return (
    (characteristics & IMAGE_SCN_MEM_READ ? 'R' : '-') +
    (characteristics & IMAGE_SCN_MEM_WRITE ? 'W' : '-') +
    (characteristics & IMAGE_SCN_MEM_EXECUTE ? 'X' : '-')
  );
}

/** Lines of the table; with a plan, what it makes of a section's access. Above 24 sections only those with a finding are shown, and the number of the others. */
export function sectionTable(
  sections: readonly SectionRow[],
  findings: readonly ReportedFinding[],
  plan: PlanReport | undefined,
  width: number,
  paint: Paint,
): string[] {
  if (sections.length === 0) return [];
  const codes = sections.map(() => new Set<string>());
  const sectionOf = sectionFinder(sections);
  for (const finding of findings) codes[sectionOf(finding)]?.add(finding.code);

  const everything = sections.length <= MAX_ROWS;
  const relevant = sections.map((_, index) => index).filter((index) => everything || (codes[index]?.size ?? 0) > 0);
  const shown = relevant.slice(0, MAX_ROWS / (everything ? 1 : 2));
  const rows: TableRow[] = [{ marker: '  ', cells: ['SECTION', 'RVA', 'SIZE', 'OFFSET', 'ACCESS', ''] }];
  for (const index of shown)
    rows.push(rowOf(sections[index] as SectionRow, codes[index] ?? new Set(), plannedFlags(index, plan)));

  const lines = renderTable(rows, '  ', width, (line, row) => {
    if (row === 0) return paint('faint', line);
    return rows[row]?.marker === '> ' ? paint('strong', line) : line;
  });
  if (!everything) lines.push(paint('faint', `    ${remainder(sections.length, relevant.length, shown.length)}`));
  return lines;
}

/** Characteristics that a plan gives the section, null where it leaves them; an edit's bytes are in file order. */
function plannedFlags(index: number, plan: PlanReport | undefined): number | null {
  if (plan?.outcome !== 'fixed' && plan?.outcome !== 'planned') return null;
  const wanted = `sections[${index}].characteristics`;
  const edit = plan.edits.find(({ field }) => field === wanted);
  return edit === undefined ? null : Number.parseInt((edit.after.match(/../g) ?? []).reverse().join(''), 16);
}

function rowOf(section: SectionRow, codes: ReadonlySet<string>, planned: number | null): TableRow {
  return {
    marker: codes.size > 0 ? '> ' : '  ',
    cells: [
      shorten(escapeForTerminal(section.name), MAX_NAME) || '(no name)',
      hex(section.rva),
      hex(sizeOf(section)),
      hex(section.offset),
      protection(section.characteristics) + (planned === null ? '' : ` -> ${protection(planned)}`),
      [...codes].join(' '),
    ],
  };
}

function remainder(all: number, relevant: number, shown: number): string {
  const hidden = relevant - shown;
  const rest = all - relevant;
  const parts: string[] = [];
  if (hidden > 0) parts.push(`${grouped(hidden)} more with a finding`);
  if (rest > 0) parts.push(`${grouped(rest)} without`);
  return `${parts.length > 0 ? `and ${parts.join(', ')}; ` : ''}${counted(all, 'section')} in all`;
}

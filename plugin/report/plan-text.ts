/** What `hvci-fix fix` did to one file, or would do: the edits byte for byte, the refusals, the notes. */
import type { Paint } from './ansi.js';
import { escapeForTerminal } from './escape.js';
import type { EditReport, PlanReport } from './model.js';
import { counted, grouped, hex } from './numbers.js';
import { renderTable, type TableRow } from './table.js';
import { hang, shorten } from './wrap.js';

const MAX_EDITS = 24;
const MAX_BYTES = 16;
const MAX_NAME = 24;

/** `failed`: nobody refused the plan, but it could not be written. Lines: a title, `offset: before -> after` for each edit, refusals, notes. */
export function planText(plan: PlanReport, failed: boolean, width: number, paint: Paint): string[] {
  const lines = [failed ? `plan: ${counted(plan.edits.length, 'edit')}, not written` : title(plan, paint)];
  const rows = plan.edits.slice(0, MAX_EDITS).map(editRow);
  lines.push(...renderTable(rows, '  ', width));
  if (plan.edits.length > MAX_EDITS) {
    const hidden = grouped(plan.edits.length - MAX_EDITS);
    lines.push(paint('faint', `  and ${hidden} more edits; --format json lists every one`));
  }
  for (const refusal of plan.refusals.slice(0, MAX_EDITS)) {
    const section = refusal.section === null ? '' : ` ${shorten(escapeForTerminal(refusal.section), MAX_NAME)}`;
    const head = `  refused ${refusal.code}${section}: `;
    const [first = '', ...rest] = hang('  ', `${head.trimStart()}${escapeForTerminal(refusal.message)}`, width);
    lines.push(`  ${paint('bad', 'refused')}${first.slice('  refused'.length)}`, ...rest);
  }
  if (plan.refusals.length > MAX_EDITS) {
    const hidden = grouped(plan.refusals.length - MAX_EDITS);
    lines.push(paint('faint', `  and ${hidden} more refusals; --format json lists every one`));
  }
  for (const note of plan.notes) {
    const [first = '', ...rest] = hang('  note    ', escapeForTerminal(note), width);
    lines.push(paint('faint', '  note    ') + first.slice('  note    '.length), ...rest);
  }
  return lines;
}

function title(plan: PlanReport, paint: Paint): string {
  const edits = counted(plan.edits.length, 'edit');
  switch (plan.outcome) {
    case 'planned':
      return `${paint('good', 'plan:')} ${edits}, nothing written (--dry-run)`;
    case 'fixed': {
      const to = plan.writtenTo === null ? '' : `, written to ${escapeForTerminal(plan.writtenTo)}`;
      const backup = plan.backup === null ? '' : `, the original kept as ${escapeForTerminal(plan.backup)}`;
      return `${paint('good', 'fixed:')} ${edits}${to}${backup}`;
    }
    case 'unchanged':
      return `${paint('good', 'unchanged:')} nothing to edit, the file was not written`;
    case 'refused':
      return `${paint(plan.failed ? 'bad' : 'doubtful', 'refused:')} nothing was written`;
  }
}

function editRow(edit: EditReport): TableRow {
  const place = edit.section === null ? edit.field : `${edit.field} of ${edit.section}`;
  const bytes = `${shorten(edit.before, MAX_BYTES)} -> ${shorten(edit.after, MAX_BYTES)}`;
  const what = `${edit.cause} ${escapeForTerminal(place)}: ${escapeForTerminal(edit.description)}`;
  return { cells: [`${hex(edit.offset)}:`, bytes, what] };
}

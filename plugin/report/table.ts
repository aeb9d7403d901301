/** Plain columns, padded with spaces. Knows nothing of images. */
import { wrap } from './wrap.js';

export interface TableRow {
  readonly cells: readonly string[];
  /** Stands left of the row, two characters wide: `> ` for a row that matters. */
  readonly marker?: string;
}

/**
 * Lines of a table without borders, columns two spaces apart, no trailing spaces. The last column is wrapped to
 * `width` and continues under itself. `decorate` gets each finished line and the row's index (colours are added
 * after the widths are known).
 */
export function renderTable(
  rows: readonly TableRow[],
  indent: string,
  width: number,
  decorate: (line: string, row: number) => string = (line) => line,
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.cells.length));
  const widths: number[] = [];
  for (let column = 0; column < columns; column++) {
    widths.push(Math.max(...rows.map((row) => row.cells[column]?.length ?? 0)));
  }
  const lines: string[] = [];
  for (const [index, row] of rows.entries()) {
    const last = row.cells.length - 1;
    let head = indent + (row.marker ?? '');
    for (let column = 0; column < last; column++) head += `${(row.cells[column] ?? '').padEnd(widths[column] ?? 0)}  `;
    for (const [part, text] of wrap(row.cells[last] ?? '', width - head.length).entries()) {
      const line = (part === 0 ? head : ' '.repeat(head.length)) + text;
      lines.push(decorate(line.trimEnd(), index));
    }
  }
  return lines;
}

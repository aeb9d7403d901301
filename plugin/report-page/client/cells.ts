/** The drawing of a run of pages: a square a page, lines of `perLine`, with the marks on them. */
import { EXECUTE, isExecuteWrite, isGap, type PageRun, type Protection, WRITE } from '../page-runs.js';
import { svg } from './dom.js';
import { CALL, IAT, type Marks, STRADDLE } from './marks.js';

const CELL = 16;
const PITCH = 18;

export interface Scale {
  readonly perLine: number;
  /** Pages that one square stands for. */
  readonly unit: number;
}

/** Name of the colour; RWX has a pattern as well, and each row of the map says it in letters. */
export function shade(protection: Protection, gap: boolean): string {
  if (gap) return 'gap';
  if (isExecuteWrite(protection)) return 'rwx';
  if (protection & EXECUTE) return 'rx';
  if (protection & WRITE) return 'rw';
  return protection === 0 ? 'none' : 'r';
}

export function cells(run: PageRun, protection: Protection, gap: boolean, marks: Marks, scale: Scale): SVGSVGElement {
  const whole = Math.ceil(run.count / scale.unit);
  const count = gap ? Math.min(whole, scale.perLine) : whole;
  const columns = Math.min(count, scale.perLine);
  const rows = Math.ceil(count / scale.perLine);
  const x = (index: number): number => (index % scale.perLine) * PITCH + 1;
  const y = (index: number): number => Math.floor(index / scale.perLine) * PITCH + 1;
  let squares = '';
  for (let index = 0; index < count; index++) squares += `M${x(index)} ${y(index)}h${CELL}v${CELL}h-${CELL}z`;
  const kind = shade(protection, gap);
  const width = columns * PITCH + 1;
  const height = rows * PITCH + 1;
  const drawing = svg(
    'svg',
    { class: 'cells', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    svg('path', {
      class: `page ${kind}${run.discardable ? ' discardable' : ''}${run.headers && kind === 'r' ? ' headers' : ''}`,
      d: squares,
    }),
    kind === 'rwx' && svg('path', { class: 'hatch', d: squares }),
  );
  const drawn = new Map<number, number>();
  for (const [page, kinds] of marks.pages) {
    if (page < run.first || page >= run.first + run.count) continue;
    const index = Math.floor((page - run.first) / scale.unit);
    drawn.set(index, (drawn.get(index) ?? 0) | kinds);
  }
  for (const [index, kinds] of drawn) drawing.append(...markShapes(kinds, x(index), y(index)));
  return drawing;
}

export function markShapes(kinds: number, x: number, y: number): SVGElement[] {
  const shapes: SVGElement[] = [];
  const middle = CELL / 2;
  if (kinds & IAT) shapes.push(svg('path', { class: 'mark iat', d: `M${x + middle} ${y + 3}l5 5l-5 5l-5 -5z` }));
  if (kinds & STRADDLE)
    shapes.push(svg('path', { class: 'mark straddle', d: `M${x + CELL - 1.5} ${y - 1}h3v${CELL + 2}h-3z` }));
  if (kinds & CALL) shapes.push(svg('path', { class: 'mark call', d: `M${x + 2} ${y + CELL - 2}v-7.5l7.5 7.5z` }));
  return shapes;
}

/** One square of the legend. */
export function sample(kind: string, marks = 0): SVGSVGElement {
  const square = `M1 1h${CELL}v${CELL}h-${CELL}z`;
  return svg(
    'svg',
    { class: 'cells', width: PITCH + 1, height: PITCH + 1, 'aria-hidden': 'true' },
    svg('path', { class: `page ${kind}`, d: square }),
    kind.startsWith('rwx') && svg('path', { class: 'hatch', d: square }),
    ...markShapes(marks, 1, 1),
  );
}

/** A driver's pages in one line, for the table: each run as wide as its share. */
export function strip(runs: readonly PageRun[], width: number): SVGSVGElement {
  const drawing = svg('svg', { class: 'strip', width, height: 10, 'aria-hidden': 'true' });
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  // Square roots: a page of INIT stays visible beside a megabyte of code.
  const weights = runs.map(({ count }) => Math.sqrt(count));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return drawing;
  let at = 0;
  const alarms: SVGElement[] = [];
  runs.forEach((run, index) => {
    const wide = ((weights[index] as number) / all) * width;
    const kind = shade(run.now, isGap(run));
    const place = { x: at.toFixed(1), y: 0, width: Math.max(1, wide - 1).toFixed(1), height: 10 };
    const page = svg('rect', { class: `page ${kind}`, ...place });
    if (kind === 'rwx') alarms.push(page, svg('rect', { class: 'hatch', ...place }));
    else drawing.append(page);
    at += wide;
  });
  // On top: where runs are narrower than a pixel, the alarm is what stays.
  drawing.append(...alarms);
  return drawing;
}

/** The pattern that `.hatch` fills with; once in the document. */
export const patterns = (): SVGSVGElement =>
  svg(
    'svg',
    { class: 'patterns', width: 0, height: 0, 'aria-hidden': 'true' },
    svg(
      'defs',
      {},
      svg(
        'pattern',
        { id: 'hatch', width: 4, height: 4, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
        svg('rect', { class: 'hatch-line', width: 1.5, height: 4 }),
      ),
    ),
  );

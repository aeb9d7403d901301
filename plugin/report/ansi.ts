/** Select Graphic Rendition by hand: a colour library would cost more start-up time than the whole report. */

export type Tone = 'strong' | 'faint' | 'bad' | 'doubtful' | 'good' | 'remark';
export type Paint = (tone: Tone, text: string) => string;

/** SGR parameters, on and off (ECMA-48, 8.3.117). */
const SGR: Record<Tone, readonly [string, string]> = {
  strong: ['1', '22'],
  faint: ['2', '22'],
  bad: ['1;31', '22;39'],
  doubtful: ['1;33', '22;39'],
  good: ['32', '39'],
  remark: ['36', '39'],
};

/** A painter that adds colours, or one that leaves the text alone. */
export function createPaint(color: boolean): Paint {
  if (!color) return (_tone, text) => text;
  return (tone, text) => (text === '' ? '' : `\x1b[${SGR[tone][0]}m${text}\x1b[${SGR[tone][1]}m`);
}

/** A pool tag as text: four characters, the lowest byte first, as debuggers show tags; null for anything that is no text. */
export function poolTagText(tag: number): string | null {
  const text = String.fromCharCode(...[0, 8, 16, 24].map((shift) => (tag >>> shift) & 0xff));
  return /^[\x20-\x7e]{4}$/.test(text) ? text : null;
}

/** As text, or as a number of eight digits: drivers pass constants that are none. */
export const poolTagName = (tag: number): string =>
  poolTagText(tag) ?? `0x${(tag >>> 0).toString(16).padStart(8, '0')}`;

/** How messages show what `poolTagName` gives: text in quotes. */
export const shownPoolTag = (name: string): string => (name.length === 4 ? `'${name}'` : name);

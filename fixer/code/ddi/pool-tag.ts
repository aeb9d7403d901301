/** A pool tag as text: four characters, the lowest byte first, as debuggers show tags; null for anything that is no text. */
export function poolTagText(tag: number): string | null {
  const text = String.fromCharCode(...[0, 8, 16, 24].map((shift) => (tag >>> shift) & 0xff));
  return /^[\x20-\x7e]{4}$/.test(text) ? text : null;
}

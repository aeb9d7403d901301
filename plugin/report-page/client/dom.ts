/** Elements without a parser: text from drivers only ever becomes a text node or an attribute's value. */

type Child = Node | string | null | undefined | false;
type Attributes = Readonly<Record<string, string | number | boolean | undefined | null>>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill<T extends Element>(element: T, attributes: Attributes, children: readonly Child[]): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

export const hex = (value: number): string => `0x${value.toString(16)}`;

const grouping = new Intl.NumberFormat('en-US');
export const grouped = (value: number): string => grouping.format(value);

export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${grouped(value)} ${value === 1 ? noun : plural}`;

/** Text with its `code` set as code. */
export const withCode = (text: string): (Node | string)[] =>
  text.split(/`([^`]+)`/).map((part, at) => (at % 2 === 1 ? h('code', {}, part) : part));

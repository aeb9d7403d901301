/** The brace-and-colon text that llvm-readobj prints, as a tree. */

export class TextNode {
  /** `Key: value` lines; a key may come more than once. */
  readonly fields = new Map<string, string[]>();
  readonly children: TextNode[] = [];

  /** `label`: the value of a set of flags, `(0x22)` of `Characteristics [ (0x22)`; otherwise empty. */
  constructor(
    readonly name: string,
    readonly label: string,
  ) {}

  texts(key: string): readonly string[] {
    return this.fields.get(key) ?? [];
  }

  /** The first value under `key`. Throws when there is none: the tool's output has changed. */
  text(key: string): string {
    const value = this.texts(key)[0];
    if (value === undefined) throw new Error(`llvm-readobj printed no ${key} in ${this.name}`);
    return value;
  }

  all(name: string): readonly TextNode[] {
    return this.children.filter((child) => child.name === name);
  }

  child(name: string): TextNode {
    const found = this.all(name)[0];
    if (found === undefined) throw new Error(`llvm-readobj printed no ${name} in ${this.name}`);
    return found;
  }
}

/** Parses the output for one file. */
export function parseReadobjText(text: string): TextNode {
  const root = new TextNode('output', '');
  const open = [root];
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    const current = open.at(-1)!;
    const opening = /^(\w*) ?[[{](?: (\(0x[0-9A-F]+\)))?$/i.exec(trimmed);
    if (opening !== null) {
      const node = new TextNode(opening[1]!, opening[2] ?? '');
      current.children.push(node);
      open.push(node);
    } else if (trimmed === '}' || trimmed === ']') {
      open.pop();
      if (open.length === 0) throw new Error('llvm-readobj closed a bracket that it had not opened');
    } else {
      const colon = trimmed.indexOf(': ');
      if (colon < 0) continue;
      const key = trimmed.slice(0, colon);
      current.fields.set(key, [...current.texts(key), trimmed.slice(colon + 2)]);
    }
  }
  return root;
}

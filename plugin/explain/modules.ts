/**
 * Module lists of debuggers: `lm`, `lmnt`, `ModLoad:`, `!lmi`, `FAULTING_MODULE:`; and the driver of a blue screen. Source:
 * Microsoft's page "lm (List Loaded Modules)".
 */
import { addressOf, type Module, type Scanner, type Sink } from './sighting.js';

const listed =
  /^\s{0,8}(?:ModLoad:\s{1,4})?([0-9a-f][0-9a-f`]{7,16})\s{1,20}([0-9a-f][0-9a-f`]{7,16})\s{1,8}([^\s(]{1,260})(.{0,600})/i;
const faulting = /^\s*FAULTING_MODULE:\s+([0-9a-f][0-9a-f`]{7,16})\s+(\S{1,260})/i;
/** `***   a.sys - Address FFFFF88001234567 base at FFFFF88001200000, DateStamp 4a5bc3fe`; a kernel debugger shows the same. */
const onScreen =
  /^\s*\*{3}\s{1,20}([^\s\\/]{1,260}) - Address ([0-9a-f][0-9a-f`]{7,16}) base at ([0-9a-f][0-9a-f`]{7,16})\b/i;
const imageName = /([^\s\\/()]{1,200}\.(?:sys|exe|dll))\b/i;
const infoStart = /Loaded Module Info: \[([^\]]{1,260})\]/i;
const infoBase = /^\s*Base Address:\s+([0-9a-f][0-9a-f`]{7,16})/i;
const infoImage = /^\s*Image Name:\s+(\S{1,260})/i;
/** `!lmi` gives its answer in so many lines. */
const INFO_LINES = 20;
const LARGEST = 0x40000000n;

export class ModuleScanner implements Scanner {
  readonly #sink: Pick<Sink, 'module'>;
  #info: { readonly name: string; readonly until: number; start: bigint | null } | null = null;

  constructor(sink: Pick<Sink, 'module'>) {
    this.#sink = sink;
  }

  line(text: string, line: number): void {
    const [, start = '', end = '', name = '', rest = ''] = listed.exec(text) ?? [];
    if (name !== '') {
      const first = addressOf(start);
      const behind = addressOf(end);
      // Two addresses in any order are no module: a stack frame has its two in no order.
      if (behind <= first || behind - first > LARGEST || (first & 0xfffn) !== 0n) return;
      this.#sink.module({ ...names(name, rest), start: first, end: behind, line });
      return;
    }
    const [, base, module = ''] = faulting.exec(text) ?? [];
    if (base !== undefined) this.#sink.module({ ...names(module, ''), start: addressOf(base), end: null, line });
    else if (text.includes(' base at ')) this.#readScreen(text, line);
    else this.#readInfo(text, line);
  }

  end(): void {
    this.#info = null;
  }

  #readScreen(text: string, line: number): void {
    const [, name, address = '', base = ''] = onScreen.exec(text) ?? [];
    if (name === undefined) return;
    const inside = addressOf(address);
    const start = addressOf(base);
    if (inside < start || inside - start > LARGEST || (start & 0xfffn) !== 0n) return;
    this.#sink.module({ ...names(name, ''), start, end: null, inside, line });
  }

  #readInfo(text: string, line: number): void {
    const name = text.includes('Info: [') ? infoStart.exec(text)?.[1] : undefined;
    if (name !== undefined) this.#info = { name, until: line + INFO_LINES, start: null };
    const info = this.#info;
    if (info === null || line > info.until) return;
    const base = infoBase.exec(text)?.[1];
    if (base !== undefined) info.start = addressOf(base);
    const image = infoImage.exec(text)?.[1];
    if (image === undefined || info.start === null) return;
    this.#sink.module({ ...names(info.name, image), start: info.start, end: null, line });
    this.#info = null;
  }
}

/** `ModLoad:` gives the file's name alone, `lm` the module's, `lmnt` both. */
function names(name: string, rest: string): Pick<Module, 'name' | 'image'> {
  const own = imageName.exec(name)?.[1];
  if (own !== undefined) return { name: own.replace(/\.\w+$/, ''), image: own };
  return { name, image: imageName.exec(rest)?.[1] ?? null };
}

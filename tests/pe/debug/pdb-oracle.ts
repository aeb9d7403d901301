/** What LLVM's own tools say about a PDB: llvm-pdbutil for symbols, llvm-symbolizer for names and lines. */
import { execa } from 'execa';

export interface OracleSymbol {
  /** S_GPROC32 and so on. */
  readonly record: string;
  readonly name: string;
  readonly section: number;
  readonly offset: number;
  /** Null for records without one. */
  readonly size: number | null;
}

/** Every record of module and global streams that has an address. */
export async function pdbutilSymbols(pdb: string): Promise<OracleSymbol[]> {
  const { stdout } = await execa('llvm-pdbutil-22', ['dump', '-symbols', '-globals', '-publics', pdb]);
  const symbols: OracleSymbol[] = [];
  let current: { record: string; name: string } | null = null;
  for (const line of stdout.split('\n')) {
    const head = /^ +\d+ \| (S_\w+) \[size = \d+\] `(.*)`$/.exec(line);
    if (head !== null) current = { record: head[1]!, name: head[2]! };
    const address = /addr = (\d+):(\d+)(?:, code size = (\d+))?/.exec(line);
    if (address !== null && current !== null) {
      const size = address[3] === undefined ? null : Number(address[3]);
      symbols.push({ ...current, section: Number(address[1]), offset: Number(address[2]), size });
      current = null;
    }
  }
  if (symbols.length === 0) throw new Error(`llvm-pdbutil printed no symbols for ${pdb}`);
  return symbols;
}

/** Substrings that tell one of `llvm-pdbutil dump -summary` by its label. */
export async function pdbutilSummary(pdb: string): Promise<(label: string) => string> {
  const { stdout } = await execa('llvm-pdbutil-22', ['dump', '-summary', pdb]);
  return (label) => new RegExp(`${label}: (.*)`).exec(stdout)?.[1] ?? `no ${label} in the summary`;
}

export interface OracleLine {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** For each rva, what llvm-symbolizer says: undecorated name without parameters, file, line (0 for none). */
export async function symbolize(image: string, rvas: readonly number[]): Promise<OracleLine[]> {
  const args = ['--relative-address', '--no-inlines', '--functions=short', `--obj=${image}`];
  const input = rvas.map((rva) => `0x${rva.toString(16)}`).join('\n');
  const { stdout } = await execa('llvm-symbolizer-22', args, { input: `${input}\n` });
  const answers = stdout.trim().split('\n\n');
  if (answers.length !== rvas.length) throw new Error(`${answers.length} answers to ${rvas.length} rvas`);
  return answers.map((answer) => {
    const [, name, file, line] = /^(.*)\n(.*):(\d+):\d+$/.exec(answer.trim()) ?? [];
    return { name: name ?? answer, file: file ?? '', line: Number(line) };
  });
}

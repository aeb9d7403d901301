import { type RelocationScan, type Straddle, scanRelocations } from '../pe/base-relocations.js';
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { PAGE_SIZE } from '../pe/winnt.js';
import type { FindingData } from './finding.js';
import type { Rule, RuleContext } from './rule.js';
import { supportsStraddlingRelocations } from './target-os.js';

export const unsupportedRelocs: Rule = {
  meta: {
    code: 'HVCI3001',
    name: 'unsupported-relocs',
    title: 'A base relocation straddles a page boundary',
    severity: 'error',
    effect: 'refused-at-load',
    fix: 'none',
    verifierCode: null,
  },
  check(context) {
    const { image } = context;
    const relocations = image.baseRelocations;
    if (!relocations.ok) return context.undetermined(relocations.error.message);
    if (relocations.value === null) return context.notApplicable('no-base-relocations');
    const scan = scanRelocations(relocations.value, image.machine);
    const { straddles, unknownType } = scan;
    if (unknownType !== null) {
      context.undetermined(
        `the relocation at rva ${hex(unknownType.rva)} has type ${unknownType.type}, which has no meaning on ${image.machine}`,
      );
    }
    const first = straddles[0];
    if (first !== undefined) reportStraddles(context, scan, first);
  },
};

function reportStraddles(context: RuleContext, { straddles, straddleCount }: RelocationScan, first: Straddle): void {
  const { image, targetOs } = context;
  const refused = image.machine !== 'arm64' && !supportsStraddlingRelocations(targetOs);
  const section = image.addressSpace.sectionAt(first.rva);
  const symbol = context.symbolAt(first.rva);
  const { offset, length } = spanInFile(image, first);
  const names = straddles.map(({ rva }) => bareName(context.symbolAt(rva)));
  const symbols = [...new Set(names.filter((name) => name !== null))];
  context.report({
    severity: refused ? 'error' : 'info',
    effect: refused ? 'refused-at-load' : 'hygiene',
    section: section?.name ?? null,
    symbol: bareName(symbol),
    field: 'dataDirectories[5]',
    offset,
    length,
    rva: first.rva,
    data: { count: straddleCount, first: straddles.map((straddle) => describe(context, straddle)) },
    message: `${straddleCount === 1 ? 'A base relocation straddles' : `${straddleCount} base relocations straddle`} a page boundary: ${place(image, first, symbol)}${straddleCount > 1 ? ' is the first' : ''}. ${consequence(context, refused)}`,
    hint: `Do not pack the structure${symbols.length === 0 ? '' : ` behind ${symbols.join(', ')}`}, or pad it so that its pointers are aligned; compile with /Gy so that functions and data are placed one by one.`,
  });
}

/** `table` of `table+0x1c`: what stays the same when code before it grows, so that a finding keeps its identity. */
const bareName = (symbol: string | null): string | null => symbol?.replace(/\+0x[0-9a-f]+$/, '') ?? null;

/** Where the field lies in the file; a forged relocation may name memory that has no bytes there, or only some. */
function spanInFile(image: Image, { rva, width }: Straddle): { offset: number | null; length: number | null } {
  const offset = image.addressSpace.offsetOf(rva);
  if (offset === null || image.addressSpace.offsetOf(rva + width - 1) !== offset + width - 1)
    return { offset: null, length: null };
  return { offset, length: width };
}

function consequence(context: RuleContext, refused: boolean): string {
  if (refused)
    return 'Before Windows 10 1703 memory integrity cannot apply such a relocation and Windows refuses to load the driver.';
  if (context.image.machine === 'arm64') return 'Windows for ARM64 began with 1709, which applies them.';
  return `Windows 10 1703 and later apply them, and the target is ${context.targetOs}.`;
}

function place(image: Image, { rva, width }: Straddle, symbol: string | null): string {
  const section = image.addressSpace.sectionAt(rva);
  const inSection = section === null ? `rva ${hex(rva)}` : `${section.name}+${hex(rva - section.virtualAddress)}`;
  return `${width} bytes at ${symbol === null ? inSection : `${symbol} (${inSection})`}, page offset ${hex(rva % PAGE_SIZE)},`.replace(
    /,$/,
    '',
  );
}

function describe(context: RuleContext, { rva, type, width }: Straddle): FindingData {
  const section = context.image.addressSpace.sectionAt(rva);
  return {
    rva,
    type,
    width,
    section: section?.name ?? null,
    sectionOffset: section === null ? null : rva - section.virtualAddress,
    symbol: context.symbolAt(rva),
  };
}

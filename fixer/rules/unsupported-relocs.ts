import { type Straddle, scanRelocations } from '../pe/base-relocations.js';
import type { Image } from '../pe/image.js';
import { PAGE_SIZE } from '../pe/winnt.js';
import type { FindingData } from './finding.js';
import { hex } from './hex.js';
import type { Rule, RuleContext } from './rule.js';
import { supportsStraddlingRelocations } from './target-os.js';

/** A table can straddle thousands of times; a reader needs the count and the first ones. */
const SHOWN = 16;

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
    const { straddles, unknownType } = scanRelocations(relocations.value, image.machine);
    if (unknownType !== null) {
      context.undetermined(
        `the relocation at rva ${hex(unknownType.rva)} has type ${unknownType.type}, which has no meaning on ${image.machine}`,
      );
    }
    const first = straddles[0];
    if (first !== undefined) reportStraddles(context, straddles, first);
  },
};

function reportStraddles(context: RuleContext, straddles: readonly Straddle[], first: Straddle): void {
  const { image, targetOs } = context;
  const refused = image.machine !== 'arm64' && !supportsStraddlingRelocations(targetOs);
  const section = image.addressSpace.sectionAt(first.rva);
  const symbol = context.symbolAt(first.rva);
  const shown = straddles.slice(0, SHOWN);
  const symbols = [...new Set(shown.map(({ rva }) => context.symbolAt(rva)).filter((name) => name !== null))];
  context.report({
    severity: refused ? 'error' : 'info',
    effect: refused ? 'refused-at-load' : 'hygiene',
    section: section?.name ?? null,
    symbol,
    field: 'dataDirectories[5]',
    ...spanInFile(image, first),
    rva: first.rva,
    data: { count: straddles.length, first: shown.map((straddle) => describe(context, straddle)) },
    message: `${straddles.length === 1 ? 'A base relocation straddles' : `${straddles.length} base relocations straddle`} a page boundary: ${place(image, first, symbol)}${straddles.length > 1 ? ' is the first' : ''}. ${consequence(context, refused)}`,
    hint: `Do not pack the structure${symbols.length === 0 ? '' : ` behind ${symbols.join(', ')}`}, or pad it so that its pointers are aligned; compile with /Gy so that functions and data are placed one by one.`,
  });
}

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

/** All DDIs by the name they are imported under, and those of the framework by index. */
import { advisoryDdis, functionCodeDdis } from './advisory.js';
import type { Ddi } from './ddi.js';
import { poolDdis } from './pool.js';
import { protectionDdis } from './protection.js';
import { wdfDdis } from './wdf.js';

export const ddis: readonly Ddi[] = [...poolDdis, ...protectionDdis, ...wdfDdis, ...functionCodeDdis, ...advisoryDdis];

const imported: ReadonlyMap<string, Ddi> = new Map(
  ddis.filter(({ wdfIndex }) => wdfIndex === undefined).map((ddi) => [ddi.name, ddi]),
);
const framework: ReadonlyMap<number, Ddi> = new Map(wdfDdis.map((ddi) => [ddi.wdfIndex ?? -1, ddi]));

/** The DDI of that name. A library of the same name in another module than the documented one exports the same. */
export const ddiNamed = (name: string): Ddi | null => imported.get(name) ?? null;

export const frameworkDdi = (index: number): Ddi | null => framework.get(index) ?? null;

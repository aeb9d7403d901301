/** Functions of Windows that keep an address beyond the call, and so lead code of the driver to what lies around it later. */
import type { Imported } from './imported.js';
import { undecorated } from './imported.js';

/** Interlocked lists and queues, whose members others take out again. */
const KEEPERS = /^(?:Ex[a-z]*Interlocked|Interlocked|Ke|IoCsq)(?:Insert|Push)|^ExQueueWorkItem/;

/** Their slots in the import address table. */
export function keeperSlots({ names }: Imported): ReadonlySet<number> {
  const slots = new Set<number>();
  for (const [slot, name] of names) if (name !== null && KEEPERS.test(undecorated(name))) slots.add(slot);
  return slots;
}

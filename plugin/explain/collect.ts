/** Adds sightings up: the same defect at the same place is one entry with a count, however often and in however many forms. */
import type { Form, Module, Sighting, Sink } from './sighting.js';

/** Distinct entries that are kept; a log with more is no log of one driver's test. */
const MOST_ENTRIES = 10_000;
const MOST_MODULES = 20_000;

export interface Entry extends Omit<Sighting, 'form' | 'count' | 'line'> {
  /** In the order in which they were met, with how often. */
  readonly forms: ReadonlyMap<Form, number>;
  /** Line of the first. */
  readonly line: number;
}

type Growing = { -readonly [Key in keyof Entry]: Entry[Key] } & { forms: Map<Form, number> };

export interface Collected {
  readonly entries: readonly Entry[];
  readonly modules: readonly Module[];
  readonly verifiedDrivers: readonly string[];
  /** Something was recognised, if only counters that are zero. */
  readonly isRecognised: boolean;
  /** Numbers of events that are about something else, in order. */
  readonly signatureEvents: readonly number[];
  /** Sightings beyond what is kept. */
  readonly leftOut: number;
}

export class Collector implements Sink {
  readonly #entries = new Map<string, Growing>();
  readonly #modules = new Map<string, Module>();
  readonly #verified = new Set<string>();
  readonly #signatureEvents = new Set<number>();
  #lastBugCheck: Growing | null = null;
  #isRecognised = false;
  #leftOut = 0;

  sighting(sighting: Sighting): void {
    const { form, count, ...rest } = sighting;
    const key = keyOf(sighting);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MOST_ENTRIES) {
        this.#leftOut++;
        return;
      }
      entry = { ...rest, forms: new Map() };
      this.#entries.set(key, entry);
    } else fill(entry, rest);
    // A counter is what there has been so far, not one more.
    entry.forms.set(form, form === 'counter' ? count : (entry.forms.get(form) ?? 0) + count);
    if (form.startsWith('bug-check')) this.#lastBugCheck = entry;
  }

  nameLastBugCheck(driver: string): void {
    // The kernel is named where the debugger knows no better.
    if (this.#lastBugCheck !== null && !/^(?:nt|ntkrnl\w*|ntoskrnl|hal|unknown_image|verifier(?:ext)?)\b/i.test(driver))
      this.#lastBugCheck.driver ??= driver;
  }

  verified(driver: string): void {
    this.#isRecognised = true;
    if (this.#verified.size < 1000) this.#verified.add(driver);
  }

  module(module: Module): void {
    const key = `${module.name} ${module.start}`;
    const known = this.#modules.get(key);
    if (this.#modules.size >= MOST_MODULES && known === undefined) return;
    this.#modules.set(key, {
      ...module,
      image: module.image ?? known?.image ?? null,
      end: module.end ?? known?.end ?? null,
      inside: later(module.inside, known?.inside),
    });
  }

  nothingWrong(): void {
    this.#isRecognised = true;
  }

  signatureEvent(id: number): void {
    this.#signatureEvents.add(id);
  }

  collected(): Collected {
    return {
      entries: [...this.#entries.values()],
      modules: [...this.#modules.values()],
      verifiedDrivers: [...this.#verified],
      isRecognised: this.#isRecognised || this.#entries.size > 0,
      signatureEvents: [...this.#signatureEvents].sort((a, b) => a - b),
      leftOut: this.#leftOut,
    };
  }
}

const later = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;

/** How often the defect was met: forms tell of the same occurrences, so the one that has most counts. */
export const occurrences = ({ forms }: Pick<Entry, 'forms'>): number => Math.max(...forms.values());

function keyOf({ issue, form, address, parameters, driver, section, eventId }: Sighting): string {
  if (address !== undefined) return `${issue} at ${address}`;
  // Addresses of names in memory, which differ from one start of Windows to the next.
  if (parameters !== undefined) return `${issue} ${parameters.join(' ')}`;
  const kind = form === 'counter' ? 'counter' : eventId === undefined ? '' : `event ${eventId}`;
  return JSON.stringify([issue, kind, driver?.toLowerCase() ?? null, section ?? null]);
}

/** What an earlier form of the same did not say. */
function fill(entry: Growing, more: Omit<Sighting, 'form' | 'count'>): void {
  entry.driver ??= more.driver;
  entry.value ??= more.value;
  entry.tag ??= more.tag;
  entry.section ??= more.section;
  entry.parameters ??= more.parameters;
  entry.details ??= more.details;
}

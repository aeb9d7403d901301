/** Who may want a long unpacking to end: a scan, by Ctrl-C. Asked between blocks, files and members. */
export interface Listener {
  /** It had no chance to hear anything for a while. */
  readonly isDue: boolean;
  /** Gives it that chance. */
  heard(): Promise<void>;
  /** Null: go on. */
  readonly signal: string | null;
  /** Set by who stops: something is left that was not looked at. */
  sourceCutShort: boolean;
}

/** True: stop here. Costs a look at the clock. */
export async function isStopped(listener: Listener | null): Promise<boolean> {
  if (listener === null) return false;
  if (listener.isDue) await listener.heard();
  if (listener.signal === null) return false;
  listener.sourceCutShort = true;
  return true;
}

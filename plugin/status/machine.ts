/** What `status` found out: plain data, for the text and for JSON. */
import type { LoadedModule } from '../native/system.js';
import type { ImageReport, Interrupted } from '../report/model.js';
import type { Verdict } from './verdict.js';

export interface CheckedDriver {
  /** The image's file, or the kernel's name of it where there is none. Hostile text. */
  readonly path: string;
  readonly module: LoadedModule;
  readonly verdict: Verdict;
  readonly report: ImageReport;
}

export interface Machine {
  /** `10.0.26100`. */
  readonly release: string;
  /** The release whose rules the drivers were checked by. */
  readonly targetOs: string;
  readonly options: number;
  readonly modules: readonly LoadedModule[];
  readonly drivers: readonly CheckedDriver[];
  /** The code rules ran too. */
  readonly codeRead: boolean;
  /** Ctrl-C came before all of them were checked; null where none did. */
  readonly interrupted: Interrupted | null;
}

/** Windows 11 24H2 and later show kernel addresses to processes with SeDebugPrivilege only. */
export const addressesHidden = ({ modules }: Machine): boolean =>
  modules.length > 0 && modules.every(({ base }) => base === 0n);

/** True for a driver that this machine would not load with memory integrity on, in its present mode. */
export const isRefused = ({ verdict }: CheckedDriver, strictMode: boolean): boolean =>
  verdict.load === 'refused' || (strictMode && verdict.load === 'refused-in-strict-mode');

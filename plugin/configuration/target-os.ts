/** `--target-os` and `targetOs`, as people write a release. */
import { parseTargetOs, type TargetOs } from '../../fixer/rules/target-os.js';

/** `24H2` was never a Windows 10, so that it needs no `11-`. A name that both have is Windows 10's, the older of the two. */
export const targetOsNamed = (text: string): TargetOs | null =>
  parseTargetOs(text) ?? parseTargetOs(`11-${text.trim()}`);

/** The binaries of the services that an install section adds. Source: Microsoft, "INF AddService Directive". */
import { isImageName } from '../../files/image-names.js';
import { includesOthers, withNeeds } from './copies.js';
import type { InfDocument } from './document.js';
import type { Install } from './installs.js';
import type { InfProblem } from './parse.js';
import { parts, wayTo } from './sources.js';

export interface ServiceBinary {
  /** As written: `%12%\driver.sys`. */
  readonly text: string;
  readonly name: string;
  /** The folders of a path that begins with `%13%`: Windows runs it from its copy of the package. Else null. */
  readonly own: readonly string[] | null;
  /** An image by its name, or by its ServiceType: Windows loads a driver whatever its extension. */
  readonly isImage: boolean;
  readonly section: string;
  readonly line: number;
}

export function serviceBinaries(
  inf: InfDocument,
  install: Install,
  problem: (problem: InfProblem) => void,
): readonly ServiceBinary[] {
  const binaries: ServiceBinary[] = [];
  const entries = withNeeds(inf, install.section, install.machine, '.services');
  for (const { key, values, line } of entries) {
    if (key?.toLowerCase() !== 'addservice') continue;
    const section = values[2] ?? '';
    if (section === '') continue;
    if (!inf.has(section)) {
      if (!includesOthers(entries)) problem({ line, message: `AddService names [${section}], which is not there` });
      continue;
    }
    const service = inf.section(section);
    const type = service.find((entry) => entry.key?.toLowerCase() === 'servicetype')?.values[0] ?? '';
    const isDriver = mayBeDriver(type);
    for (const entry of service) {
      if (entry.key?.toLowerCase() !== 'servicebinary') continue;
      const text = entry.values[0] ?? '';
      const program = programOf(text);
      const path = wayTo(parts(program.replace(/^%\w+%/, '')));
      const name = path.at(-1) ?? '';
      const own = program.startsWith('%13%') && path[0] !== '..' ? path.slice(0, -1) : null;
      if (name !== '')
        binaries.push({ text, name, own, isImage: isDriver || isImageName(name), section, line: entry.line });
    }
  }
  return binaries;
}

/** A service that is a program may have arguments: `%13%\svc.exe -k group`. */
const programOf = (text: string): string => text.replace(/^"|(?<=\.(?:sys|exe|dll))["\s].*$/gi, '');

/** SERVICE_KERNEL_DRIVER and SERVICE_FILE_SYSTEM_DRIVER of winnt.h; what is not said, or not as a number, may be one. */
const DRIVER_TYPES = 0x3;

const mayBeDriver = (type: string): boolean =>
  type.trim() === '' || Number.isNaN(Number(type)) || (Number(type) & DRIVER_TYPES) !== 0;

/** Which Directory.Build.props files a project reads: the nearest, and those above it that one imports in turn. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { foldersUp, type ProjectFile, readProjectFile } from './project-files.js';
import { importsHvciFix, importsTheOneAbove } from './wire-msbuild.js';
import { scanXml } from './xml-scanner.js';

export interface BuildProps {
  readonly file: ProjectFile;
  readonly wired: boolean;
  readonly chained: boolean;
  /** Why MSBuild could not read it either; null when it could. */
  readonly fault: string | null;
}

export class BuildPropsFiles {
  readonly #read = new Map<string, BuildProps | null>();

  /** Nearest first. MSBuild stops at the first file that does not import the one above it. */
  chainFor(project: string): BuildProps[] {
    const chain: BuildProps[] = [];
    for (const folder of foldersUp(dirname(project), null)) {
      const props = this.in(folder);
      if (props === null) continue;
      chain.push(props);
      if (!props.chained) break;
    }
    return chain;
  }

  /** True when a folder above `folder` has a file that one in `folder` would hide. */
  existsAbove(folder: string): boolean {
    return foldersUp(folder, null).some((above) => above !== folder && this.in(above) !== null);
  }

  in(folder: string): BuildProps | null {
    const path = join(folder, 'Directory.Build.props');
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const props = existsSync(path) ? read(path) : null;
    this.#read.set(path, props);
    return props;
  }
}

function read(path: string): BuildProps | null {
  const file = readProjectFile(path, 'build-props');
  if (!('kind' in file)) return null;
  if (file.source === null) return { file, wired: false, chained: false, fault: file.undecodable };
  const scanned = scanXml(file.source.text);
  if (!scanned.ok) return { file, wired: false, chained: false, fault: scanned.message };
  return {
    file,
    fault: null,
    wired: importsHvciFix(file.source.text, scanned.value),
    chained: importsTheOneAbove(file.source.text, scanned.value),
  };
}

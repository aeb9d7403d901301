/** File paths as SARIF artifact locations: percent-encoded URIs, relative to the source root where they lie in it. */
import { escapeUriSegment } from './escape.js';

/** SARIF 2.1.0, 3.4: `uriBaseId` names an entry of `run.originalUriBaseIds`. */
export interface ArtifactLocation {
  readonly uri: string;
  readonly uriBaseId?: string;
}

/** The name that GitHub and Azure DevOps resolve to the root of the checkout. */
export const SOURCE_ROOT = '%SRCROOT%';

const DRIVE = /^[A-Za-z]:[\\/]/;

/**
 * The location of `path` (absolute, or relative to `baseDirectory`, which is absolute). Windows paths are known by
 * their drive or their `\\server`, so that a report can be made on any host.
 */
export function artifactLocation(path: string, baseDirectory: string): ArtifactLocation {
  const windows = isWindows(baseDirectory) || isWindows(path);
  const base = segmentsOf(baseDirectory, windows);
  const absolute = isAbsolute(path, windows);
  const full = normalize(absolute ? segmentsOf(path, windows) : [...base, ...segmentsOf(path, windows)]);
  const inside =
    isUnc(path, windows) === isUnc(baseDirectory, windows) || !absolute
      ? full.length > base.length && base.every((segment, index) => same(segment, full[index] ?? '', windows))
      : false;
  if (inside) return { uri: full.slice(base.length).map(escapeUriSegment).join('/'), uriBaseId: SOURCE_ROOT };
  return { uri: fileUri(full, isUnc(absolute ? path : baseDirectory, windows)) };
}

/** `file:///C:/work/` for a folder: SARIF wants the final slash. */
export function directoryUri(directory: string): string {
  const windows = isWindows(directory);
  return `${fileUri(normalize(segmentsOf(directory, windows)), isUnc(directory, windows)).replace(/\/$/, '')}/`;
}

function fileUri(segments: readonly string[], unc: boolean): string {
  const encoded = segments.map((segment, index) =>
    index === 0 && /^[A-Za-z]:$/.test(segment) ? segment : escapeUriSegment(segment),
  );
  return `${unc ? 'file://' : 'file:///'}${encoded.join('/')}`;
}

function isWindows(path: string): boolean {
  return DRIVE.test(path) || path.startsWith('\\\\');
}

function isUnc(path: string, windows: boolean): boolean {
  return windows && /^[\\/]{2}/.test(path);
}

function isAbsolute(path: string, windows: boolean): boolean {
  return windows ? DRIVE.test(path) || isUnc(path, windows) : path.startsWith('/');
}

/** A backslash separates on Windows only; elsewhere it is part of a name. */
function segmentsOf(path: string, windows: boolean): string[] {
  return path.split(windows ? /[\\/]/ : '/').filter((segment) => segment !== '');
}

function normalize(segments: readonly string[]): string[] {
  const normal: string[] = [];
  for (const segment of segments) {
    if (segment === '..') normal.pop();
    else if (segment !== '.') normal.push(segment);
  }
  return normal;
}

function same(a: string, b: string, windows: boolean): boolean {
  return windows ? a.toLowerCase() === b.toLowerCase() : a === b;
}

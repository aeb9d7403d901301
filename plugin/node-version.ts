/** The Node.js that runs this, looked at before anything fails in words that do not say why. */

/** As package.json says it under `engines`; a test holds the two together. */
export const OLDEST_NODE = '20.19';

/** What to do about a Node.js that is too old, or null. */
export function nodeProblem(version: string = process.versions.node): string | null {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  const [oldestMajor, oldestMinor] = OLDEST_NODE.split('.').map(Number) as [number, number];
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return `hvci-fix needs Node.js ${OLDEST_NODE} or later, and this is ${version} (${process.execPath}). Install a newer one, or name it: HvciFixNode for MSBuild, HVCI_FIX_NODE for CMake.`;
}

/** Names of machines from the names of their result files: `results/lab-7.ndjson` is lab-7. */

/** One for each path, in order; as many folders before the name as it takes to tell them apart. */
export function machineNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) =>
    path
      .replace(/\.(?:hvci(?:-fix)?\.)?(?:ndjson|jsonl|json|sarif)$/i, '')
      .split(/[\\/]/)
      .filter((part) => part !== '' && part !== '.'),
  );
  const names = parts.map((list) => list.at(-1) ?? '');
  for (let depth = 2; depth <= Math.max(...parts.map(({ length }) => length), 0); depth++) {
    const seen = new Set<string>();
    const shared = new Set(names.filter((name) => seen.size === seen.add(name).size));
    if (shared.size === 0) break;
    names.forEach((name, index) => {
      if (shared.has(name)) names[index] = (parts[index] ?? []).slice(-depth).join('/');
    });
  }
  return names.map((name) => name || 'machine');
}

/** Microsoft's SARIF Multitool: what its rules, GitHub's among them, say about a log. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of the tool for this platform; the official schema lies there too. */
export function multitoolFolder(): string {
  const require = createRequire(import.meta.url);
  const platform = createRequire(require.resolve('@microsoft/sarif-multitool/package.json'));
  return dirname(platform.resolve(`@microsoft/sarif-multitool-${process.platform}/package.json`));
}

/** Its lines of errors and warnings by rule, such as `SARIF2005`. Throws where it did not come to its end. */
export function sarifProblems(file: string): string[] {
  const name = process.platform === 'win32' ? 'Sarif.Multitool.exe' : 'Sarif.Multitool';
  const { stdout, stderr } = spawnSync(join(multitoolFolder(), name), ['validate', file, '--rule-kind', 'Sarif;Gh'], {
    encoding: 'utf8',
    env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' },
  });
  if (!stdout.includes('Analysis completed successfully')) throw new Error(stdout + stderr);
  return stdout.match(/^.*(?:error|warning) [A-Z]+\d+.*$/gm) ?? [];
}

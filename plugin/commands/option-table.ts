/** Every command and option, once: arguments are parsed by this table and --help is made from it. */

export type CommandName = 'check' | 'fix' | 'explain' | 'init' | 'baseline' | 'build-step';

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** Name of its value for the help; without one it is a switch. */
  readonly value?: string;
  readonly repeatable?: boolean;
  readonly help: string;
}

export interface Command {
  readonly name: CommandName;
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly Option[];
}

const COMMON: readonly Option[] = [
  { name: 'format', value: 'FORMAT', help: 'text, json, sarif, msbuild or ndjson; default text' },
  { name: 'output', short: 'o', value: 'FILE', help: 'write the report there instead of standard output' },
  {
    name: 'target-os',
    value: 'RELEASE',
    help: 'oldest Windows the driver runs on: auto, 1507, 1607, 1703, 22H2, 11-24H2 or a build number; default auto',
  },
  {
    name: 'severity',
    value: 'CODE=LEVEL',
    repeatable: true,
    help: 'off, info, warning or error for a rule, such as HVCI3002=off',
  },
  { name: 'max-warnings', value: 'N', help: 'fail with status 1 on more than N warnings' },
  { name: 'treat-as', value: 'driver', help: 'check an image that is no driver as if it were one' },
  { name: 'baseline', value: 'FILE', help: 'findings that are in it do not count: hvci-fix baseline writes it' },
  { name: 'config', value: 'FILE', help: 'configuration; default the nearest hvci-fix.config.json' },
  { name: 'code', help: 'read the code too: HVCI2000 to 2002 and 3003 to 3006 (a fifth of a second more)' },
  { name: 'no-code', help: 'do not read the code, not even for stores into a section that a fix makes read-only' },
  { name: 'hashes', help: 'add the SHA-256 of each file to the report' },
  { name: 'quiet', short: 'q', help: 'say nothing about images without findings' },
  { name: 'no-color', help: 'no colours (NO_COLOR is honoured too)' },
];

const HELP: readonly Option[] = [
  { name: 'help', short: 'h', help: 'show this' },
  { name: 'version', help: 'show the version of hvci-fix' },
];

export const COMMANDS: readonly Command[] = [
  {
    name: 'check',
    usage: 'hvci-fix [check] PATH...',
    summary: 'Tells whether memory integrity accepts drivers. Reads only. PATH is a file, a folder or a pattern.',
    options: [...COMMON, ...HELP],
  },
  {
    name: 'fix',
    usage: 'hvci-fix fix PATH...',
    summary: 'Checks, then fixes in the header what is provably safe, and proves it again before it writes.',
    options: [
      { name: 'dry-run', short: 'n', help: 'show the plan, write nothing' },
      { name: 'out', value: 'DIR', help: 'write fixed images there, below a folder as they lie in it; originals stay' },
      { name: 'backup', help: 'keep the original beside it as NAME.hvci-fix-backup' },
      { name: 'strip-signature', help: 'remove a signature that the fix would invalidate' },
      {
        name: 'sign-with',
        value: 'COMMAND',
        help: 'sign again after the fix: a command with {file}, or {in} and {out}',
      },
      {
        name: 'strip-write',
        value: 'NAME',
        repeatable: true,
        help: 'take write access from this W+X section: nothing may write to it',
      },
      {
        name: 'strip-execute',
        value: 'NAME',
        repeatable: true,
        help: 'take execute access from this W+X section: nothing in it may run',
      },
      { name: 'force', help: 'change files under %SystemRoot% and in the driver store' },
      ...COMMON,
      ...HELP,
    ],
  },
  {
    name: 'baseline',
    usage: 'hvci-fix baseline PATH... -o FILE',
    summary:
      'Writes down the findings of today; with --baseline FILE, check, fix and the build step fail on new ones only.',
    options: [
      { name: 'output', short: 'o', value: 'FILE', help: 'the baseline to write' },
      ...COMMON.filter(({ name }) => ['target-os', 'severity', 'treat-as', 'config'].includes(name)),
      ...HELP,
    ],
  },
  {
    name: 'build-step',
    usage: 'hvci-fix build-step --image FILE',
    summary:
      'What build hooks call after the link: fixes one image, prints what is left as MSBuild errors, writes SARIF.',
    options: [
      { name: 'image', value: 'FILE', help: 'what was linked; an image that is no driver is passed over' },
      { name: 'mode', value: 'MODE', help: 'fix, check (writes nothing) or off; default fix' },
      { name: 'project-os', value: 'TEXT', help: 'what the project targets, for auto: 0x0A00, Windows10, 10.0.16299' },
      { name: 'report', value: 'FILE', help: 'write a SARIF report there' },
      { name: 'suppress', value: 'CODE', repeatable: true, help: 'accept the findings of a rule' },
      { name: 'warnings-as-errors', help: 'a warning that is left fails the build' },
      { name: 'link-options', value: 'FILE', help: "the linker's options, so that hints name the very one" },
      { name: 'link-source', value: 'TEXT', help: 'where these come from, such as "LINK_OPTIONS of target foo"' },
      { name: 'project', value: 'NAME', help: "the project's name, for messages" },
      { name: 'additional', value: 'OPTIONS', help: 'more of these options, in one text' },
      { name: 'strip-signature', help: 'remove a signature that the fix would invalidate' },
      { name: 'strip-write', value: 'NAME', repeatable: true, help: 'take write access from this W+X section' },
      { name: 'strip-execute', value: 'NAME', repeatable: true, help: 'take execute access from this W+X section' },
      ...COMMON.filter(({ name }) => !['format', 'output', 'quiet', 'no-color'].includes(name)),
      ...HELP,
    ],
  },
  {
    name: 'explain',
    usage: 'hvci-fix explain CODE',
    summary:
      'Explains a rule (HVCI2003) or a Driver Verifier code (0x2003): what it means, how to fix it, how to confirm.',
    options: [...HELP],
  },
  {
    name: 'init',
    usage: 'hvci-fix init [DIR]',
    summary:
      'Wires a project, so that every build checks its drivers. Shows the change and makes it; --undo takes it out.',
    options: [
      { name: 'dry-run', short: 'n', help: 'show the change, write nothing' },
      { name: 'undo', help: 'take out what init put in; every other byte stays as it is' },
      { name: 'only', value: 'KIND', help: 'msbuild or cmake, where a project has both' },
      { name: 'force', help: 'wire projects that do not look like driver projects' },
      { name: 'template', value: 'NAME', help: 'start a new driver in DIR from a template, such as cmake-wdm' },
      { name: 'name', value: 'NAME', help: "the new driver's name; default the name of DIR" },
      ...HELP,
    ],
  },
];

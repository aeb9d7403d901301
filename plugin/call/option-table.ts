/** Every command and option, once: arguments are parsed by this table and --help is made from it. */

export type CommandName =
  | 'check'
  | 'fix'
  | 'undo'
  | 'report'
  | 'explain'
  | 'init'
  | 'baseline'
  | 'build-step'
  | 'status';

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

/** Commands that have no colours take it too: scripts give it to all. */
const NO_COLOR: Option = { name: 'no-color', help: 'no colours (NO_COLOR is honoured too)' };

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
  { name: 'code', help: 'read the code even where the configuration says "code": false' },
  {
    name: 'no-code',
    help: 'do not read the code: no HVCI2000 to 2002 and 3003 to 3006, no search for stores before a fix',
  },
  { name: 'hashes', help: 'add SHA-256 and Authenticode hashes, these compared with signatures and catalogs' },
  {
    name: 'page-map',
    help: 'json and ndjson: add the sections and the planned fix, from which report draws its page map',
  },
  { name: 'quiet', short: 'q', help: 'say nothing about images without findings' },
  NO_COLOR,
];

/** For commands that look at many files and change none. */
const SCAN: readonly Option[] = [
  { name: 'stdin0', help: 'read paths from standard input too, each ended by a NUL: find DIR -print0' },
  {
    name: 'jobs',
    short: 'j',
    value: 'N',
    help: 'threads; default as many as there are processors (8 at most), and with --no-code one',
  },
];

const HELP: readonly Option[] = [
  { name: 'help', short: 'h', help: 'show this' },
  { name: 'version', help: 'show the version of hvci-fix' },
];

export const COMMANDS: readonly Command[] = [
  {
    name: 'check',
    usage: 'hvci-fix [check] PATH...',
    summary:
      'Tells whether memory integrity accepts drivers. Reads only. PATH: a file, a folder, a pattern, an INF, a .cab or .zip.',
    options: [
      { name: 'loaded', help: 'in place of PATH: the images of the drivers that this Windows has loaded' },
      ...COMMON,
      ...SCAN,
      ...HELP,
    ],
  },
  {
    name: 'fix',
    usage: 'hvci-fix fix PATH...',
    summary: 'Checks, then makes the safe fixes in the header, and checks the result before it writes.',
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
    name: 'report',
    usage: 'hvci-fix report PATH... -o report.html',
    summary:
      'Checks, and writes a page to look at. PATH is also a result: .ndjson, .json or .sarif of other machines, merged.',
    options: [
      { name: 'output', short: 'o', value: 'FILE', help: 'the page to write' },
      { name: 'format', value: 'FORMAT', help: 'html, or sarif, ndjson, json for what is merged; default html' },
      ...COMMON.filter(({ name }) => !['format', 'output', 'page-map'].includes(name)),
      ...SCAN,
      ...HELP,
    ],
  },
  {
    name: 'undo',
    usage: 'hvci-fix undo PATH...',
    summary: 'Puts back what fix --backup kept, after checking that nothing else has changed the file since.',
    options: [
      { name: 'dry-run', short: 'n', help: 'say what would be put back, write nothing' },
      { name: 'force', help: 'also where the file was rebuilt or signed since, and under %SystemRoot%' },
      { name: 'remove-backup', help: 'remove the backup once the file is as it was' },
      { name: 'format', value: 'FORMAT', help: 'text or json; default text' },
      { name: 'quiet', short: 'q', help: 'say nothing but of files that were left alone' },
      NO_COLOR,
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
      ...COMMON.filter(({ name }) => ['target-os', 'severity', 'treat-as', 'config', 'code', 'no-code'].includes(name)),
      { name: 'quiet', short: 'q', help: 'do not say what was written' },
      NO_COLOR,
      ...SCAN,
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
      {
        name: 'inf',
        value: 'FILE',
        repeatable: true,
        help: "the driver's INF, for auto: the Windows that it installs on",
      },
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
      ...COMMON.filter(({ name }) => !['format', 'output', 'page-map', 'quiet', 'no-color'].includes(name)),
      ...HELP,
    ],
  },
  {
    name: 'explain',
    usage: 'hvci-fix explain CODE | FILE...',
    summary:
      "Explains a rule (HVCI2003), a Driver Verifier code (0x2003) or an event (3072), or a log: Driver Verifier's output, a bug check 0xC4, events.",
    options: [
      {
        name: 'image',
        value: 'FILE',
        repeatable: true,
        help: 'the driver that a log is about, for function and source line; its PDB or .map lies beside it',
      },
      {
        name: 'base',
        value: 'ADDRESS',
        repeatable: true,
        help: 'where that driver was loaded; of several images NAME=ADDRESS. Not needed where the log has a module list',
      },
      {
        name: 'modules',
        value: 'FILE',
        repeatable: true,
        help: "the debugger's module list (lm), where the log has none",
      },
      { name: 'format', value: 'FORMAT', help: 'text or json; default text' },
      NO_COLOR,
      ...HELP,
    ],
  },
  {
    name: 'status',
    usage: 'hvci-fix status',
    summary: 'This Windows: whether memory integrity is on, and which of the loaded drivers it would refuse.',
    options: [
      { name: 'format', value: 'FORMAT', help: 'text or json; default text' },
      ...COMMON.filter(({ name }) => ['output', 'target-os', 'severity', 'config', 'no-color'].includes(name)),
      {
        name: 'code',
        help: 'read the code too: the verdict on Driver Verifier then covers calls; takes many times as long',
      },
      ...SCAN.filter(({ name }) => name === 'jobs'),
      ...HELP,
    ],
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
      NO_COLOR,
      ...HELP,
    ],
  },
];

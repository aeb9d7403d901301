/** `hvci-fix status` for a person: the state, the drivers that mind it, and how to confirm. */
import { createPaint, type Paint, type Tone } from '../report/ansi.js';
import { escapeForTerminal, quoteArgument } from '../report/escape.js';
import { counted, hex } from '../report/numbers.js';
import { renderTable } from '../report/table.js';
import { hang } from '../report/wrap.js';
import { addressesHidden, type CheckedDriver, isRefused, type Machine } from './machine.js';
import { memoryIntegrityIn, optionsIn } from './options.js';
import type { LoadVerdict, Verdict } from './verdict.js';

export function statusText(machine: Machine, width: number, color: boolean): string {
  const paint = createPaint(color);
  const columns = Math.min(Math.max(width, 60), 110);
  const lines = [
    ...stateLines(machine, columns, paint),
    '',
    ...countLines(machine, columns),
    ...driverLines(machine, columns, paint),
    '',
    ...confirmLines(machine, columns),
  ];
  return `${lines.join('\n')}\n`;
}

function stateLines({ options }: Machine, width: number, paint: Paint): string[] {
  const { on, strictMode, auditMode } = memoryIntegrityIn(options);
  const mode = [...(strictMode ? ['in strict mode'] : []), ...(auditMode ? ['with audit events'] : [])].join(', ');
  const head = `Memory integrity (HVCI) is ${on ? 'on' : 'off'}${mode === '' ? '' : `, ${mode}`}.`;
  const rows = optionsIn(options).map(({ bit, name, meaning }) => ({
    cells: [`0x${bit.toString(16).padStart(4, '0')}`, name, meaning],
  }));
  return [paint('strong', head), `CodeIntegrityOptions ${hex(options)}`, ...renderTable(rows, '  ', width)];
}

function countLines(machine: Machine, width: number): string[] {
  const { release, modules, drivers, codeRead, targetOs, interrupted } = machine;
  const how = codeRead ? 'header and code' : 'headers only; --code reads the code too';
  const lines = hang(
    '',
    `Windows ${escapeForTerminal(release)} has ${counted(modules.length, 'module')} in its kernel, from ${counted(drivers.length, 'file')}, checked for ${targetOs} (${how}).`,
    width,
  );
  if (interrupted !== null) {
    const of = interrupted.total === null ? '' : ` of ${interrupted.total}`;
    lines.push(...hang('', `Stopped by ${interrupted.signal} after ${drivers.length}${of} files.`, width));
  }
  if (addressesHidden(machine)) {
    const hidden =
      'Windows hides the addresses of the modules from this process; the verdicts do not need them. From an elevated prompt (SeDebugPrivilege) --format json has them.';
    lines.push(...hang('', hidden, width));
  }
  return lines;
}

/** How the two verdicts read, and how they look. */
const LOAD_WORDS: Readonly<Record<LoadVerdict, readonly [string, Tone]>> = {
  refused: ['refused', 'bad'],
  'refused-in-strict-mode': ['strict mode only', 'doubtful'],
  undetermined: ['undetermined', 'doubtful'],
  'not-checked': ['not checked', 'remark'],
  accepted: ['accepted', 'good'],
};
const ORDER = Object.keys(LOAD_WORDS) as readonly LoadVerdict[];

const verifierWords = ({ verifier, crashes }: Verdict): string => {
  const words = { 'nothing-found': '-', reported: 'reported', undetermined: 'undetermined', 'not-checked': '-' };
  return `${words[verifier]}${crashes ? ', crashes' : ''}`;
};

function driverLines(machine: Machine, width: number, paint: Paint): string[] {
  const { drivers } = machine;
  const of = (load: LoadVerdict): CheckedDriver[] => drivers.filter(({ verdict }) => verdict.load === load);
  const counts = ORDER.map((load) => [LOAD_WORDS[load][0], of(load).length] as const);
  const reported = drivers.filter(({ verdict }) => verdict.verifier === 'reported').length;
  const totals = counts.filter(([, count]) => count > 0).map(([words, count]) => `${count} ${words}`);
  const lines = [
    ...hang('Memory integrity   ', totals.join(', ') || 'nothing to check', width),
    ...hang('Driver Verifier    ', `${reported} reported`, width),
  ];
  const shown = ORDER.flatMap(of).filter(
    ({ verdict, report }) => verdict.codes.length > 0 || report.error !== undefined,
  );
  if (shown.length === 0) return lines;
  const rows = shown.map(({ path, verdict, report }) => {
    const what = report.error === undefined ? verdict.codes.join(' ') : 'unreadable';
    return { cells: [LOAD_WORDS[verdict.load][0], verifierWords(verdict), what, escapeForTerminal(path)] };
  });
  const head = { cells: ['AT LOAD', 'VERIFIER', 'RULES', 'IMAGE'] };
  const table = renderTable([head, ...rows], '  ', width, (line, row) => {
    const load = shown[row - 1]?.verdict.load;
    return load === undefined ? paint('faint', line) : paintStart(line, load, paint);
  });
  return [...lines, '', ...table];
}

function paintStart(line: string, load: LoadVerdict, paint: Paint): string {
  const [words, tone] = LOAD_WORDS[load];
  const start = `  ${words}`;
  return line.startsWith(start) ? `  ${paint(tone, words)}${line.slice(start.length)}` : line;
}

function confirmLines(machine: Machine, width: number): string[] {
  const { on, strictMode } = memoryIntegrityIn(machine.options);
  const refused = machine.drivers.filter((driver) => isRefused(driver, strictMode));
  const example = quoteArgument((refused[0]?.path ?? 'driver.sys').replace(/^.*\\/, '')) ?? 'driver.sys';
  const lines: string[] = [];
  if (on && refused.length > 0) {
    const contradiction =
      'A driver stands as refused although memory integrity is on: it was loaded before, its file has changed since, or an exception is made for it. Please report what turns out.';
    lines.push(...hang('', contradiction, width));
  }
  lines.push(
    ...hang('', 'More on each: `hvci-fix check --loaded`, `hvci-fix explain CODE`.', width),
    ...hang(
      '',
      'To confirm: `msinfo32` names what runs under "Virtualization-based security Services Running".',
      width,
    ),
    ...hang(
      '',
      `Driver Verifier: \`verifier /flags 0x02000000 /driver ${example}\`, restart, use the driver, \`verifier /query\`.`,
      width,
    ),
    ...hang(
      '',
      'Refusals of Windows: events 3072 (alignment), 3073 (W+X, strict mode) and 3087 in the log Microsoft-Windows-CodeIntegrity/Operational.',
      width,
    ),
  );
  return lines;
}

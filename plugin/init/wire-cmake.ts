/** `find_package(hvci-fix)` and `hvci_fix_enable()` behind the top-level `project()` of a CMakeLists.txt. */
import { appendedBlock, blockOfLines, findBlock, lineEndBefore } from './block.js';
import { afterComment, type CMakeCommand, scanCMake } from './cmake-scanner.js';
import { isBlank, problem } from './outcome.js';
import type { Wiring } from './wire-msbuild.js';

/**
 * The very folder and nothing else: a search could find another version first, and a toolchain file for cross-compiling
 * (CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY) would look below its sysroot.
 */
const linesFor = (folder: string): string[] => [
  'find_package(hvci-fix CONFIG REQUIRED',
  `             PATHS "\${CMAKE_CURRENT_LIST_DIR}/${folder}/cmake" NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)`,
  'hvci_fix_enable()',
];

/** `folder`: the package's folder as seen from the file's. */
export function wireCMake(text: string, folder: string): Wiring {
  if (text.startsWith('\uFEFF')) return problem('it is UTF-16, which CMake does not read. Save it as UTF-8.');
  const block = findBlock(text, 'cmake');
  if (!block.ok) return block;
  const scanned = scanCMake(text);
  if (!scanned.ok) return scanned;
  if (block.value !== null || scanned.value.some(usesHvciFix)) return { ok: true, value: null };
  const project = topLevelProject(scanned.value);
  if (project === null) return problem('it has no project() command to put the call behind. Add one and run again.');
  const end = endOfLine(text, project.end);
  if (end === null) return problem('CMake cannot read it: something follows project() on its line. Correct it.');
  const indent = indentOf(text, project.start);
  const lineEnd = lineEndBefore(text, end);
  const lines = linesFor(folder);
  if (text[end - 1] === '\n')
    return { ok: true, value: { offset: end, inserted: blockOfLines('cmake', lines, indent, lineEnd) } };
  if (text.endsWith('\r')) return problem('it ends with half a line end. Save it anew and run again.');
  return { ok: true, value: { offset: end, inserted: appendedBlock(lines, indent, lineEnd) } };
}

const usesHvciFix = ({ name, source }: CMakeCommand): boolean =>
  name.startsWith('hvci_fix_') || (name === 'find_package' && /^[ \t\r\n]*hvci-fix[ \t\r\n)]/.test(`${source})`));

const OPENING = new Set(['if', 'foreach', 'while', 'block']);
const CLOSING = new Set(['endif', 'endforeach', 'endwhile', 'endblock']);

/** The first project() that is not in a function; for one in an if(), what closes that. */
function topLevelProject(commands: readonly CMakeCommand[]): CMakeCommand | null {
  let depth = 0;
  let defining = 0;
  let seen = false;
  for (const command of commands) {
    if (command.name === 'function' || command.name === 'macro') defining++;
    else if (command.name === 'endfunction' || command.name === 'endmacro') defining--;
    else if (OPENING.has(command.name)) depth++;
    else if (CLOSING.has(command.name)) depth--;
    if (defining > 0) continue;
    if (command.name === 'project') seen = true;
    if (seen && depth <= 0) return command;
  }
  return null;
}

/** The offset after the line end of the line on which `at` is the end of a command; null when more than comments follow. */
function endOfLine(text: string, at: number): number | null {
  const blanks = /[ \t\r]*/y;
  for (let index = at; ; ) {
    blanks.lastIndex = index;
    index += blanks.exec(text)?.[0].length ?? 0;
    if (index >= text.length) return text.length;
    if (text[index] === '\n') return index + 1;
    if (text[index] !== '#') return null;
    index = afterComment(text, index);
    if (index === -1) return null;
  }
}

function indentOf(text: string, offset: number): string {
  const lineStart = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const indent = text.slice(lineStart, offset);
  return isBlank(indent) ? indent : '';
}

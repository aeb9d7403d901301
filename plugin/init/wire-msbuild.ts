/**
 * One import of hvci-fix.props in MSBuild XML. It stands as late as can be before Microsoft.Cpp.targets, so that what the
 * project sets is known: HvciFix properties of its own win, and a ForceImportAfterCppTargets that exists is chained.
 */
import { blockOfLines, findBlock, type Insertion, inlineBlock, lineEndBefore, takeOut } from './block.js';
import { isBlank, type Parsed, problem } from './outcome.js';
import { scanXml, type XmlDocument, type XmlElement } from './xml-scanner.js';

/** null: an import of hvci-fix.props is there already, ours or one made by hand. */
export type Wiring = Parsed<Insertion | null>;

/** `folder` is the package's folder as seen from the file's: `node_modules/hvci-fix`, `../node_modules/hvci-fix`. */
const importOf = (folder: string, condition: string): string =>
  `<Import Project="$(MSBuildThisFileDirectory)${folder}/msbuild/hvci-fix.props"${condition} />`;

// C# projects read the same Directory.Build.props.
const FOR_VCXPROJ = ` Condition="'$(MSBuildProjectExtension)' == '.vcxproj'"`;

/** Puts the import before that of Microsoft.Cpp.targets. */
export function wireVcxproj(text: string, folder: string): Wiring {
  const scanned = scanProject(text);
  if (!scanned.ok) return scanned;
  const { elements, root } = scanned.value.document;
  if (scanned.value.wired) return { ok: true, value: null };
  const targets = elements.find((element) => importedFile(element) === 'microsoft.cpp.targets');
  if (targets === undefined)
    return problem(
      `it does not import Microsoft.Cpp.targets itself. Put this line before the import that does: ${importOf(folder, '')}`,
    );
  return { ok: true, value: before(text, childOfRoot(targets, root).start, [importOf(folder, '')]) };
}

/** Puts the import at the end of an existing Directory.Build.props. */
export function wireBuildProps(text: string, folder: string): Wiring {
  const scanned = scanProject(text);
  if (!scanned.ok) return scanned;
  const { root, elements } = scanned.value.document;
  if (scanned.value.wired) return { ok: true, value: null };
  if (root.selfClosing) return problem('its <Project/> is empty. Write <Project></Project> and run again.');
  const line = importOf(folder, FOR_VCXPROJ);
  const last = elements.findLast(({ parent }) => parent === root);
  return { ok: true, value: before(text, root.contentEnd, [line], last && indentOf(text, last.start)) };
}

/**
 * A Directory.Build.props where there was none. MSBuild reads the nearest one only, so one further up (`chained`) has to
 * be imported by ours.
 */
export function newBuildProps(folder: string, lineEnd: string, chained: boolean): string {
  const block = blockOfLines('xml', [importOf(folder, FOR_VCXPROJ)], '  ', lineEnd, 'created');
  return skeleton(lineEnd, chained, block);
}

/** By way of a property: a condition cannot hold the quotes of the call (MSB4092). */
const CHAIN = [
  '<PropertyGroup>',
  "  <_DirectoryBuildPropsAbove>$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))</_DirectoryBuildPropsAbove>",
  '</PropertyGroup>',
  `<Import Project="$(_DirectoryBuildPropsAbove)" Condition="'$(_DirectoryBuildPropsAbove)' != ''" />`,
];

const skeleton = (lineEnd: string, chained: boolean, block: string): string =>
  ['<Project>', ...(chained ? CHAIN : []).map((line) => `  ${line}`), `${block}</Project>`, ''].join(lineEnd);

/** True when `newBuildProps` wrote all of it and nobody has added anything: undo takes the file away. */
export function isOurWholeFile(text: string): boolean {
  const block = findBlock(text, 'xml');
  if (!block.ok || block.value?.created !== true) return false;
  const left = takeOut(text, block.value);
  const plain = left.replaceAll('\r\n', '\n');
  return plain === skeleton('\n', false, '') || plain === skeleton('\n', true, '');
}

/** True when this Directory.Build.props imports the one of a folder above, straight or by way of a property. */
export const importsTheOneAbove = (text: string, { elements }: XmlDocument): boolean =>
  elements.some(({ name, attributes, childElements, contentStart, contentEnd }) => {
    const project = name === 'Import' ? (attributes.get('Project') ?? '') : '';
    if (/^(?:\$\(MSBuildThisFileDirectory\))?\.\.[\\/](?:.*[\\/])?Directory\.Build\.props$/i.test(project)) return true;
    const value = childElements === 0 ? text.slice(contentStart, contentEnd) : '';
    return /(?:GetPathOfFileAbove|GetDirectoryNameOfFileAbove)[^<>]*Directory\.Build\.props/i.test(project + value);
  });

/** An import of hvci-fix.props, or a property that names it and is imported in turn, as the templates do. */
export const importsHvciFix = (text: string, { elements }: XmlDocument): boolean =>
  elements.some(
    (element) =>
      importedFile(element) === 'hvci-fix.props' ||
      (element.childElements === 0 &&
        /[\\/]hvci-fix\.props[ \t\r\n]*$/i.test(text.slice(element.contentStart, element.contentEnd))),
  );

function scanProject(text: string): Parsed<{ document: XmlDocument; wired: boolean }> {
  const block = findBlock(text, 'xml');
  if (!block.ok) return block;
  const scanned = scanXml(text);
  if (!scanned.ok) return scanned;
  const document = scanned.value;
  if (document.root.name !== 'Project') return problem('it is no MSBuild file: its root element is not Project.');
  return { ok: true, value: { document, wired: block.value !== null || importsHvciFix(text, document) } };
}

/** Name of the file that an Import names, in lower case; '' for other elements. */
export function importedFile({ name, attributes }: XmlElement): string {
  if (name !== 'Import') return '';
  return (attributes.get('Project') ?? '').split(/[\\/]/).at(-1)?.toLowerCase() ?? '';
}

function childOfRoot(element: XmlElement, root: XmlElement): XmlElement {
  let child = element;
  while (child.parent !== null && child.parent !== root) child = child.parent;
  return child;
}

/** Lines before the tag at `offset`; amid a line when something else stands before it there. */
function before(text: string, offset: number, lines: readonly string[], deeper?: string): Insertion {
  const indent = indentOf(text, offset);
  if (indent === undefined) return { offset, inserted: inlineBlock(lines) };
  const lineStart = offset - indent.length;
  return { offset: lineStart, inserted: blockOfLines('xml', lines, deeper ?? indent, lineEndBefore(text, lineStart)) };
}

/** Blanks from the line's start to `offset`; undefined when something else stands there. */
function indentOf(text: string, offset: number): string | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const indent = text.slice(lineStart, offset);
  return lineStart > 0 && isBlank(indent) ? indent : undefined;
}

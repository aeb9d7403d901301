/** Our SARIF back into images. What SARIF has no place for (remedies apart from messages, sections) stays empty. */
import { rules } from '../../fixer/rules/catalogue.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';
import {
  asCount,
  asObject,
  asObjects,
  asText,
  findingOf,
  hashOf,
  imageOf,
  isCode,
  type Members,
} from './image-shape.js';

export const toolOf = (run: Members): string | null => asText(driverOf(run)?.['name']);

const driverOf = (run: Members): Members | null => asObject(asObject(run['tool'])?.['driver']);

const SEVERITIES: Readonly<Record<string, string>> = { error: 'error', warning: 'warning', note: 'info', none: 'info' };

export function* imagesOfRun(run: Members): Generator<ImageReport> {
  const findings = new Map<number, ReportedFinding[]>();
  for (const result of asObjects(run['results'])) {
    const finding = findingOfResult(result);
    const index = artifactIndex(result);
    if (finding !== null && index !== null) append(findings, index, finding);
  }
  const undetermined = new Map<number, { code: string; reason: string }[]>();
  const errors = new Map<number, string>();
  for (const notification of asObjects(run['invocations']).flatMap((invocation) =>
    asObjects(invocation['toolExecutionNotifications']),
  )) {
    const index = artifactIndex(notification);
    if (index === null) continue;
    const text = messageOf(notification);
    const code = asObject(notification['associatedRule'])?.['id'];
    if (isCode(code)) append(undetermined, index, { code, reason: text.replace(/^\w+ could not be decided: /, '') });
    else if (notification['level'] === 'error') errors.set(index, text);
  }
  for (const [index, artifact] of asObjects(run['artifacts']).entries()) {
    const properties = asObject(artifact['properties']) ?? {};
    const message = errors.get(index);
    const image = imageOf({
      ...properties,
      path: pathOf(asText(asObject(artifact['location'])?.['uri']) ?? ''),
      sha256: hashOf(asObject(artifact['hashes'])?.['sha-256']),
      size: asCount(artifact['length']),
      undetermined: undetermined.get(index) ?? [],
      ...(message !== undefined && { error: { code: 'unreadable', path: '', offset: null, message } }),
    });
    if (image !== null) yield { ...image, findings: findings.get(index) ?? [] };
  }
}

function append<T>(lists: Map<number, T[]>, index: number, item: T): void {
  const list = lists.get(index);
  if (list === undefined) lists.set(index, [item]);
  else list.push(item);
}

/** Both results and notifications name the artifact in their first location. */
function artifactIndex(owner: Members): number | null {
  const [location] = asObjects(owner['locations']);
  return asCount(asObject(asObject(location?.['physicalLocation'])?.['artifactLocation'])?.['index']);
}

function findingOfResult(result: Members): ReportedFinding | null {
  if (result['baselineState'] === 'absent') return null;
  const code = result['ruleId'];
  const [location] = asObjects(result['locations']);
  const region = asObject(asObject(location?.['physicalLocation'])?.['region']);
  const [suppression] = asObjects(result['suppressions']);
  return findingOf({
    ...asObject(result['properties']),
    code,
    name: rules.find(({ meta }) => meta.code === code)?.meta.name ?? '',
    severity: SEVERITIES[asText(result['level']) ?? ''],
    message: messageOf(result),
    hint: '',
    offset: region?.['byteOffset'],
    length: region?.['byteLength'],
    ...(suppression !== undefined && { suppressed: { reason: asText(suppression['justification']) ?? '' } }),
    ...(result['baselineState'] !== undefined && { baselined: result['baselineState'] === 'unchanged' }),
  });
}

/** The escapes of a SARIF message (2.1.0, 3.11.5 and 3.11.6) undone. */
function messageOf(owner: Members): string {
  const text = asText(asObject(owner['message'])?.['text']) ?? '';
  return text
    .replaceAll('{{', '{')
    .replaceAll('}}', '}')
    .replace(/\\([[\]\\])/g, '$1');
}

/** `file:///C:/out/a%20b.sys` as `C:/out/a b.sys`; a relative one stays relative. */
function pathOf(uri: string): string {
  const path = uri
    .replace(/^file:\/\/\/(?=[A-Za-z]:)/, '')
    .replace(/^file:\/\/(?=\/)/, '')
    .replace(/^file:/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // not encoded as it should be
  }
}

/** One finding as a SARIF result. */
import { createHash } from 'node:crypto';
import { sourceOf } from '../../fixer/rules/source-line.js';
import type { BaselineEntry } from '../baseline/entry.js';
import { escapeForSarifMessage, escapeForTerminal, escapeUriSegment } from './escape.js';
import type { ReportedFinding } from './model.js';
import { levelOf } from './sarif-rules.js';
import type { ArtifactLocation } from './sarif-uri.js';

/** SARIF 2.1.0, 3.27. `fingerprint` comes from `createFingerprints`; `locate` is the report's way to write a path. */
export function sarifResult(
  finding: ReportedFinding,
  ruleIndex: number,
  location: ArtifactLocation & { readonly index: number },
  fingerprint: string,
  locate: (path: string) => ArtifactLocation,
): object {
  // A finding that has been fixed is no failure any more; SARIF then asks for the level `none` (3.27.9).
  const fixed = finding.outcome === 'fixed';
  return {
    ruleId: finding.code,
    ruleIndex,
    kind: fixed ? 'informational' : 'fail',
    level: fixed ? 'none' : levelOf(finding.severity),
    message: { text: escapeForSarifMessage(messageText(finding, fixed)) },
    locations: [resultLocation(finding, location)],
    ...relatedLocations(finding, locate),
    partialFingerprints: { 'hvciFixFinding/v1': fingerprint },
    ...(finding.baselined === undefined ? {} : { baselineState: finding.baselined ? 'unchanged' : 'new' }),
    ...(finding.suppressed === undefined
      ? {}
      : { suppressions: [{ kind: 'external', status: 'accepted', justification: finding.suppressed.reason }] }),
    properties: {
      section: finding.section,
      symbol: finding.symbol,
      field: finding.field,
      rva: finding.rva,
      effect: finding.effect,
      fix: finding.fix,
      outcome: finding.outcome,
      ...(finding.refusal === null ? {} : { refusal: finding.refusal }),
      data: finding.data,
    },
  };
}

/** What the baseline knows and the image no longer has (SARIF 2.1.0, 3.27.24). */
export function absentResult({ code, image, section, symbol, ddi }: BaselineEntry, ruleIndex: number): object {
  const logical: object[] = [];
  if (symbol !== null) logical.push({ name: escapeForTerminal(symbol), kind: 'function' });
  if (section !== null) logical.push({ name: escapeForTerminal(section), kind: 'section' });
  return {
    ruleId: code,
    ...(ruleIndex === -1 ? {} : { ruleIndex }),
    kind: 'informational',
    level: 'none',
    message: { text: escapeForSarifMessage(`${code} is in the baseline, and ${image} does not have it any more.`) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: escapeUriSegment(image) }, region: { startLine: 1 } },
        ...(logical.length > 0 ? { logicalLocations: logical } : {}),
      },
    ],
    baselineState: 'absent',
    properties: { section, symbol, ddi },
  };
}

function messageText(finding: ReportedFinding, fixed: boolean): string {
  if (fixed) return `Fixed: ${finding.message}`;
  const refusal = finding.refusal === null ? '' : ` Not fixed: ${finding.refusal}`;
  return `${finding.message} ${finding.hint}${refusal}`;
}

function resultLocation(finding: ReportedFinding, location: ArtifactLocation & { readonly index: number }): object {
  const logical: object[] = [];
  if (finding.symbol !== null) logical.push({ name: escapeForTerminal(finding.symbol), kind: 'function' });
  if (finding.section !== null) logical.push({ name: escapeForTerminal(finding.section), kind: 'section' });
  return {
    physicalLocation: {
      artifactLocation: location,
      // A line means nothing in an image, but GitHub rejects a region without one.
      region: {
        startLine: 1,
        ...(finding.offset === null ? {} : { byteOffset: finding.offset, byteLength: finding.length ?? 0 }),
      },
      ...(finding.rva === null ? {} : { address: { relativeAddress: finding.rva } }),
    },
    ...(logical.length > 0 ? { logicalLocations: logical } : {}),
  };
}

/** The source line, beside the image: a finding is one of the image, whose source may be on another machine. */
function relatedLocations(finding: ReportedFinding, locate: (path: string) => ArtifactLocation): object {
  const source = sourceOf(finding.data);
  if (source === null) return {};
  const physicalLocation = { artifactLocation: locate(source.file), region: { startLine: source.line } };
  return { relatedLocations: [{ id: 1, message: { text: 'The place in the source.' }, physicalLocation }] };
}

/**
 * A fingerprint that survives a relink: image, rule, section, symbol and DDI, never an offset or an rva. Findings
 * that agree in all of these are told apart by their order.
 */
export function createFingerprints(): (finding: ReportedFinding, imageUri: string) => string {
  const seen = new Map<string, number>();
  return (finding, imageUri) => {
    const image = imageUri.slice(imageUri.lastIndexOf('/') + 1).toLowerCase();
    const { ddi } = finding.data;
    // `Allocate` of `Allocate+0x1c`: the distance changes with every edit of the function.
    const symbol = finding.symbol?.replace(/\+0x[0-9a-f]+$/, '') ?? null;
    const key = JSON.stringify([image, finding.code, finding.section, symbol, ddi ?? null]);
    // There is one for each finding of the whole run: the texts themselves would take five times as much memory.
    const place = createHash('sha256').update(`${imageUri} ${key}`).digest('base64').slice(0, 22);
    const order = seen.get(place) ?? 0;
    seen.set(place, order + 1);
    return createHash('sha256').update(`${key} ${order}`).digest('hex').slice(0, 32);
  };
}

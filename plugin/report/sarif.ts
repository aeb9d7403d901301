/** SARIF 2.1.0 (OASIS Standard), for GitHub code scanning, Azure DevOps and editors. */
import type { RuleMeta } from '../../fixer/rules/rule.js';
import { escapeForSarifMessage, stringifyJson } from './escape.js';
import type { ImageReport, ImageResult, Reporter } from './model.js';
import { hex } from './numbers.js';
import { absentResult, createFingerprints, sarifResult } from './sarif-result.js';
import { ruleDescriptor } from './sarif-rules.js';
import { artifactLocation, directoryUri, SOURCE_ROOT } from './sarif-uri.js';
import { errorRemedy, interruptedWords, unusedSymbols } from './wording.js';

export interface SarifOptions {
  readonly toolVersion: string;
  readonly rules: readonly RuleMeta[];
  /** The Markdown page of a rule, '' where there is none. */
  pageOf(code: string): string;
  /** Absolute; images inside it get relative URIs. */
  readonly baseDirectory: string;
  /** The web page of a rule, where there is one. */
  helpUriOf?(code: string): string | undefined;
  /** The tool's home page, where there is one. */
  readonly informationUri?: string;
}

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
/** RFC 6838 vendor tree, registered for PE images. */
const MIME_TYPE = 'application/vnd.microsoft.portable-executable';

const NOTIFICATIONS = [
  { id: 'HVCI-unreadable', name: 'ImageUnreadable', text: 'An image could not be read, parsed or written.' },
  { id: 'HVCI-undetermined', name: 'RuleUndetermined', text: 'A rule could not be decided for an image.' },
  { id: 'HVCI-anomaly', name: 'ImageAnomaly', text: 'An image is odd in a way that Windows tolerates.' },
  { id: 'HVCI-symbols', name: 'SymbolsNotUsed', text: 'A PDB or map beside an image does not belong to it.' },
] as const;

/**
 * Results are written as they come, each a line, and not kept; artifacts and notifications stand behind them, and are kept
 * as text, some 300 bytes an image. The order of members means nothing in JSON. The log of half a run lacks its end, and is no JSON.
 */
export function createSarifReporter(options: SarifOptions): Reporter {
  const ruleIndex = new Map(options.rules.map((rule, index) => [rule.code, index]));
  const fingerprintOf = createFingerprints();
  const artifacts: string[] = [];
  const notifications: string[] = [];
  let results = 0;
  let executionSuccessful = true;

  const locate = (path: string) => artifactLocation(path, options.baseDirectory);
  const notify = (notification: object): void => void notifications.push(stringifyJson(notification));

  function resultText(result: object): string {
    const before = results++ === 0 ? openingOf(options) : ',';
    return `${before}\n        ${stringifyJson(result)}`;
  }

  function image({ report }: ImageResult): string {
    const location = { ...locate(report.path), index: artifacts.length };
    artifacts.push(stringifyJson(artifact(report, location)));
    let text = '';
    for (const finding of report.findings) {
      const index = ruleIndex.get(finding.code) ?? -1;
      text += resultText(sarifResult(finding, index, location, fingerprintOf(finding, location.uri), locate));
    }
    const locations = [{ physicalLocation: { artifactLocation: location } }];
    if (report.status === 'unreadable' || report.error !== undefined) {
      executionSuccessful = false;
      notify({ level: 'error', descriptor: descriptor(0), message: { text: unreadableText(report) }, locations });
    }
    for (const { message, path, offset } of report.anomalies ?? []) {
      const words = escapeForSarifMessage(`${message} (${path}, offset ${hex(offset)})`);
      notify({ level: 'note', descriptor: descriptor(2), message: { text: words }, locations });
    }
    for (const note of unusedSymbols(report.coverage.notes))
      notify({ level: 'note', descriptor: descriptor(3), message: { text: escapeForSarifMessage(note) }, locations });
    for (const { code, reason } of report.undetermined) {
      const index = ruleIndex.get(code);
      const words = escapeForSarifMessage(`${code} could not be decided: ${reason}`);
      const associatedRule = { id: code, ...(index === undefined ? {} : { index }) };
      notify({ level: 'warning', descriptor: descriptor(1), associatedRule, message: { text: words }, locations });
    }
    return text;
  }

  function end({ absent, interrupted, rulesOff }: Parameters<Reporter['end']>[0]): string {
    let text = '';
    for (const entry of absent ?? []) text += resultText(absentResult(entry, ruleIndex.get(entry.code) ?? -1));
    const invocation = {
      executionSuccessful: executionSuccessful && interrupted === undefined,
      ...(interrupted === undefined
        ? {}
        : { exitSignalName: interrupted.signal, exitCodeDescription: interruptedWords(interrupted) }),
      ...(rulesOff === undefined ? {} : { ruleConfigurationOverrides: rulesOff.map(switchedOff) }),
    };
    const head = stringifyJson(invocation, 2)
      .replace(/\n\}$/, '')
      .replaceAll('\n', `\n${' '.repeat(8)}`);
    return [
      results === 0 ? openingOf(options) : text,
      `\n      ],\n      "artifacts": [${lines(artifacts, 8)}\n      ],`,
      `\n      "invocations": [\n        ${head},`,
      `\n          "toolExecutionNotifications": [${lines(notifications, 12)}\n          ]`,
      '\n        }\n      ]\n    }\n  ]\n}\n',
    ].join('');
  }

  function switchedOff(code: string): object {
    const index = ruleIndex.get(code);
    return { configuration: { enabled: false }, descriptor: { id: code, ...(index === undefined ? {} : { index }) } };
  }

  return { image, end };
}

/** All that stands before the first result. */
function openingOf(options: SarifOptions): string {
  const run = {
    tool: { driver: driver(options) },
    originalUriBaseIds: { [SOURCE_ROOT]: { uri: directoryUri(options.baseDirectory) } },
    columnKind: 'utf16CodeUnits',
  };
  const log = stringifyJson({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, 2);
  return log.replace(/\n {4}\}\n {2}\]\n\}$/, ',\n      "results": [');
}

/** One a line. */
const lines = (texts: readonly string[], indent: number): string =>
  texts.map((text) => `\n${' '.repeat(indent)}${text}`).join(',');

function driver(options: SarifOptions): object {
  return {
    name: 'hvci-fix',
    version: options.toolVersion,
    semanticVersion: options.toolVersion,
    ...(options.informationUri === undefined ? {} : { informationUri: options.informationUri }),
    rules: options.rules.map((rule) => ruleDescriptor(rule, options.pageOf(rule.code), options.helpUriOf?.(rule.code))),
    notifications: NOTIFICATIONS.map(({ id, name, text }) => ({
      id,
      name,
      shortDescription: { text },
      fullDescription: { text },
      help: { text },
    })),
  };
}

function descriptor(index: 0 | 1 | 2 | 3): object {
  return { id: NOTIFICATIONS[index].id, index };
}

function artifact(report: ImageReport, location: { readonly uri: string; readonly uriBaseId?: string }): object {
  return {
    location,
    length: report.size,
    roles: ['analysisTarget'],
    ...(report.kind === 'not-pe' ? {} : { mimeType: MIME_TYPE }),
    ...(report.sha256 === null ? {} : { hashes: { 'sha-256': report.sha256 } }),
    properties: {
      machine: report.machine,
      kind: report.kind,
      signed: report.signed,
      status: report.status,
      ...(report.machines === undefined ? {} : { machines: report.machines }),
    },
  };
}

function unreadableText({ error }: ImageReport): string {
  if (error === undefined) return 'The image could not be read.';
  const place = error.offset === null ? '' : ` (${error.path}, offset ${hex(error.offset)})`;
  return escapeForSarifMessage(`${error.message}${place} ${errorRemedy(error.code)}`.trimEnd());
}

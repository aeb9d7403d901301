/** SARIF 2.1.0 (OASIS Standard), for GitHub code scanning, Azure DevOps and editors. */
import type { RuleMeta } from '../../fixer/rules/rule.js';
import { escapeForSarifMessage, stringifyJson } from './escape.js';
import type { ImageReport, Reporter } from './model.js';
import { hex } from './numbers.js';
import { absentResult, createFingerprints, sarifResult } from './sarif-result.js';
import { ruleDescriptor } from './sarif-rules.js';
import { artifactLocation, directoryUri, SOURCE_ROOT } from './sarif-uri.js';
import { errorRemedy, interruptedWords } from './wording.js';

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
] as const;

/** `image` returns ''; the whole log comes from `end`. */
export function createSarifReporter(options: SarifOptions): Reporter {
  const ruleIndex = new Map(options.rules.map((rule, index) => [rule.code, index]));
  const fingerprintOf = createFingerprints();
  const artifacts: object[] = [];
  const results: object[] = [];
  const notifications: object[] = [];
  let executionSuccessful = true;

  const locate = (path: string) => artifactLocation(path, options.baseDirectory);

  function addImage(report: ImageReport): void {
    const location = { ...locate(report.path), index: artifacts.length };
    artifacts.push(artifact(report, location));
    for (const finding of report.findings) {
      const index = ruleIndex.get(finding.code) ?? -1;
      results.push(sarifResult(finding, index, location, fingerprintOf(finding, location.uri), locate));
    }
    const locations = [{ physicalLocation: { artifactLocation: location } }];
    if (report.status === 'unreadable' || report.error !== undefined) {
      executionSuccessful = false;
      notifications.push({
        level: 'error',
        descriptor: descriptor(0),
        message: { text: unreadableText(report) },
        locations,
      });
    }
    for (const { message, path, offset } of report.anomalies ?? []) {
      const text = escapeForSarifMessage(`${message} (${path}, offset ${hex(offset)})`);
      notifications.push({ level: 'note', descriptor: descriptor(2), message: { text }, locations });
    }
    for (const { code, reason } of report.undetermined) {
      const index = ruleIndex.get(code);
      const text = escapeForSarifMessage(`${code} could not be decided: ${reason}`);
      const associatedRule = { id: code, ...(index === undefined ? {} : { index }) };
      notifications.push({ level: 'warning', descriptor: descriptor(1), associatedRule, message: { text }, locations });
    }
  }

  function end({ absent, interrupted }: Parameters<Reporter['end']>[0]): string {
    for (const entry of absent ?? []) results.push(absentResult(entry, ruleIndex.get(entry.code) ?? -1));
    const log = {
      $schema: SCHEMA,
      version: '2.1.0',
      runs: [
        {
          tool: { driver: driver(options) },
          invocations: [
            {
              executionSuccessful: executionSuccessful && interrupted === undefined,
              ...(interrupted === undefined
                ? {}
                : { exitSignalName: interrupted.signal, exitCodeDescription: interruptedWords(interrupted) }),
              toolExecutionNotifications: notifications,
            },
          ],
          originalUriBaseIds: { [SOURCE_ROOT]: { uri: directoryUri(options.baseDirectory) } },
          artifacts,
          results,
          columnKind: 'utf16CodeUnits',
        },
      ],
    };
    return `${stringifyJson(log, 2)}\n`;
  }

  return {
    image({ report }) {
      addImage(report);
      return '';
    },
    end,
  };
}

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

function descriptor(index: 0 | 1 | 2): object {
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

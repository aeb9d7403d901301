/**
 * The page: one file that loads nothing. Everything that comes from drivers is in one inert JSON element; the script
 * puts it on the screen as text nodes. The policy lets no other script or style run, and no request be made.
 */
import type { RuleMeta } from '../../fixer/rules/rule.js';
import { stringifyJson } from '../report/escape.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';
import type { DriverRecord, PageData, RuleRecord } from './data.js';
import assets from './page-assets.js';
import { driverRecord, type Numbering, ruleRecord } from './record.js';
import { readable, Texts } from './texts.js';

export interface PageOptions {
  readonly toolVersion: string;
  readonly rules: readonly RuleMeta[];
  readonly targetOs: string | null;
  readonly codeRead: boolean | null;
}

/** Takes reports one by one, so that nobody has to hold them all; the same reports give the same bytes. */
export class ReportPage implements Numbering {
  readonly texts = new Texts();
  readonly #options: PageOptions;
  readonly #rules: RuleRecord[];
  readonly #hosts: string[] = [];
  readonly #drivers: DriverRecord[] = [];
  readonly #ruleIndices = new Map<string, number>();
  readonly #hostIndices = new Map<string, number>();

  constructor(options: PageOptions) {
    this.#options = options;
    this.#rules = options.rules.map(ruleRecord);
    for (const [index, { code }] of this.#rules.entries()) this.#ruleIndices.set(code, index);
  }

  add(report: ImageReport): void {
    this.#drivers.push(driverRecord(report, this));
  }

  ruleIndex({ code, name }: ReportedFinding): number {
    return numbered(this.#ruleIndices, this.#rules, code, () => ({
      code: readable(code),
      name: readable(name),
      title: '',
      verifier: null,
    }));
  }

  hostIndex(machine: string): number {
    return numbered(this.#hostIndices, this.#hosts, machine, () => readable(machine));
  }

  html(remarks: readonly string[]): string {
    const { toolVersion, targetOs, codeRead } = this.#options;
    const data: PageData = {
      tool: `hvci-fix ${toolVersion}`,
      targetOs,
      codeRead,
      texts: this.texts.list,
      rules: this.#rules,
      hosts: this.#hosts,
      remarks: remarks.map(readable),
      drivers: this.#drivers,
    };
    return document(inertJson(data));
  }
}

function numbered<T>(indices: Map<string, number>, list: T[], key: string, make: () => T): number {
  const known = indices.get(key);
  if (known !== undefined) return known;
  indices.set(key, list.length);
  return list.push(make()) - 1;
}

/** Without `<` nothing ends or opens an element: not `</script>`, not `<!--`. */
const inertJson = (data: PageData): string => stringifyJson(data).replaceAll('<', '\\u003c');

const POLICY = [
  "default-src 'none'",
  `script-src '${assets.scriptHash}'`,
  `style-src '${assets.styleHash}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const document = (json: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Memory integrity report</title>
<style>${assets.style}</style>
</head>
<body>
<noscript><p class="noscript">This page draws its tables with a script of its own and loads nothing. Scripts are off here: save the page and open it from disk.</p></noscript>
<div id="app"></div>
<script type="application/json" id="data">${json}</script>
<script>${assets.script}</script>
</body>
</html>
`;

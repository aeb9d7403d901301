/** What the page map is drawn from, as the page holds it; the call sites are counted from the findings. */
import { isLeft } from '../inspection/image-report.js';
import type { PageMap, ReportedFinding } from '../report/model.js';
import type { MapRecord } from './data.js';
import { PAGE_SIZE } from './page-runs.js';
import { readable, type Texts } from './texts.js';

/** Rules whose rva is an instruction. */
const isCallRule = (code: string): boolean => /^HVCI(?:200[012]|300[45])$/.test(code);

function callsOf(findings: readonly ReportedFinding[]): [number, number][] {
  const calls = new Map<number, number>();
  for (const finding of findings) {
    if (finding.rva === null || !isLeft(finding) || !isCallRule(finding.code)) continue;
    const page = Math.floor(finding.rva / PAGE_SIZE);
    calls.set(page, (calls.get(page) ?? 0) + 1);
  }
  return [...calls];
}

export function mapRecord(map: PageMap, findings: readonly ReportedFinding[], texts: Texts): MapRecord {
  return {
    alignment: map.sectionAlignment,
    headers: map.sizeOfHeaders,
    image: map.sizeOfImage,
    sections: map.sections.map(({ name, rva, size, characteristics }) => [readable(name), rva, size, characteristics]),
    iat: map.iat.map(({ rva, length }) => [rva, length]),
    straddles: map.straddles,
    calls: callsOf(findings),
    ...(map.moreSections !== undefined && { moreSections: map.moreSections }),
    edits: map.edits.map(({ offset, field, section, cause, before, after, description }) => ({
      offset,
      field: readable(field),
      ...(section !== null && { section: readable(section) }),
      cause: readable(cause),
      before: readable(before),
      after: readable(after),
      what: texts.add(description),
    })),
    refusals: map.refusals.map(({ message }) => texts.add(message)),
  };
}

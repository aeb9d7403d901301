import test from 'ava';
import { createJsonReporter } from '../../../plugin/report/json.js';
import { createNdjsonReporter } from '../../../plugin/report/ndjson.js';
import { clean, cutOff, HOSTILE, initRwx, legacy, noNx, plan, print, result } from './samples.js';

const jsonReporter = () =>
  createJsonReporter({ schemaVersion: 1, tool: { name: 'hvci-fix', version: '0.1.0' }, targetOs: '1507' });

/** The members of design.md's contract, in its order. */
const IMAGE = 'path sha256 size machine kind signed status findings undetermined coverage'.split(' ');
const FINDING =
  'code name severity effect message hint section field offset length rva symbol data fix outcome refusal'.split(' ');

test('json: no image, one and two are JSON with an end of their own', (t) => {
  for (const images of [[], [result(clean)], [result(clean), result(legacy)]]) {
    const text = print(jsonReporter(), images, {});
    t.is((JSON.parse(text) as { images: unknown[] }).images.length, images.length);
    t.is(text, `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
  }
});

test('json: the whole text of a small report', (t) => {
  t.is(
    print(jsonReporter(), [result(clean)], { clean: 1 }),
    `{
  "schemaVersion": 1,
  "tool": {
    "name": "hvci-fix",
    "version": "0.1.0"
  },
  "targetOs": "1507",
  "images": [
    {
      "path": "C:\\\\out\\\\good.sys",
      "sha256": null,
      "size": 21504,
      "machine": "x64",
      "kind": "driver",
      "signed": false,
      "status": "clean",
      "findings": [],
      "undetermined": [],
      "coverage": {
        "callSites": 0,
        "resolved": 0,
        "notes": []
      }
    }
  ],
  "summary": {
    "images": 1,
    "clean": 1,
    "errors": 0,
    "warnings": 0,
    "fixed": 0,
    "refused": 0,
    "unreadable": 0
  }
}
`,
  );
});

test('json: members come in the order of the contract, however the objects were built', (t) => {
  const shuffled = Object.fromEntries(Object.entries(initRwx).reverse()) as unknown as typeof initRwx;
  const images = [result({ ...legacy, findings: [shuffled] }), result(cutOff), result({ ...legacy, plan })];
  const report = JSON.parse(print(jsonReporter(), images, {}));
  t.deepEqual(Object.keys(report), ['schemaVersion', 'tool', 'targetOs', 'images', 'summary']);
  t.deepEqual(Object.keys(report.images[0]), IMAGE);
  t.deepEqual(Object.keys(report.images[0].findings[0]), FINDING);
  t.deepEqual(Object.keys(report.images[1]), [...IMAGE, 'error']);
  t.deepEqual(Object.keys(report.images[1].error), ['code', 'path', 'offset', 'message']);
  t.deepEqual(Object.keys(report.images[2]), [...IMAGE, 'plan']);
  t.deepEqual(report.images[2].plan, plan);
  t.deepEqual(report.images[0].findings[0], initRwx);
});

test('json: a suppressed finding says so, others do not have the member', (t) => {
  const suppressed = { ...noNx, suppressed: { reason: 'packed later' } };
  const report = JSON.parse(print(jsonReporter(), [result({ ...legacy, findings: [noNx, suppressed] })], {}));
  t.false('suppressed' in report.images[0].findings[0]);
  t.deepEqual(report.images[0].findings[1].suppressed, { reason: 'packed later' });
});

test('ndjson: a line an image as it comes, a summary at the end, each line on its own', (t) => {
  const reporter = createNdjsonReporter();
  const first = reporter.image(result(legacy));
  t.true(first.startsWith('{"type":"image","schemaVersion":1,"path":"C:\\\\out\\\\legacy.sys",'));
  t.is(first.indexOf('\n'), first.length - 1);
  const lines = print(createNdjsonReporter(), [result(legacy), result(clean)], { clean: 1 })
    .trimEnd()
    .split('\n');
  t.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    ['image', 'image', 'summary'],
  );
  t.deepEqual(JSON.parse(lines[2] ?? ''), {
    type: 'summary',
    schemaVersion: 1,
    tool: { name: 'hvci-fix', version: '0.1.0' },
    targetOs: '1507',
    summary: { images: 2, clean: 1, errors: 0, warnings: 0, fixed: 0, refused: 0, unreadable: 0 },
  });
});

test('hostile names neither break a line nor lose a character', (t) => {
  for (const name of HOSTILE) {
    const text = createNdjsonReporter().image(
      result({ ...legacy, path: name, findings: [{ ...initRwx, section: name }] }),
    );
    t.is(text.split(/[\n\r\u0085\u2028\u2029]/u).length, 2, JSON.stringify(name));
    t.is(JSON.parse(text).path, name);
    t.is(JSON.parse(text).findings[0].section, name);
  }
});

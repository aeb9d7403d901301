import test from 'ava';
import fc from 'fast-check';
import type { ImageReport, Report } from '../../../plugin/report/model.js';
import { createTextReporter } from '../../../plugin/report/text.js';
import {
  clean,
  cutOff,
  HOSTILE,
  iatInCode,
  initRwx,
  legacy,
  noNx,
  plan,
  print,
  result,
  row,
  userMode,
} from './samples.js';

const plain = { color: false, quiet: false, width: 100 };
type Counts = Partial<Report['summary']>;
const text = (reports: readonly ImageReport[], counts: Counts = {}, options = plain): string =>
  print(
    createTextReporter(options),
    reports.map((report) => result(report)),
    counts,
  );

const TABLE = `    SECTION  RVA     SIZE    OFFSET  ACCESS
    .text    0x1000  0x2c5a  0x400   R-X
    .rdata   0x4000  0x6cc   0x3200  R--
    .data    0x5000  0x1140  0x3a00  RW-
  > INIT     0x7000  0x54a   0x4c00  RWX     HVCI2003
    .reloc   0x8000  0xc     0x5200  R--
`;

test('a run that was stopped gives no all-clear', (t) => {
  const summary = { images: 2, clean: 2, errors: 0, warnings: 0, fixed: 0, refused: 0, unreadable: 0 };
  const reporter = createTextReporter(plain);
  for (const image of [clean, clean]) reporter.image(result(image));
  const end = reporter.end({
    schemaVersion: 1,
    tool: { name: 'hvci-fix', version: '1' },
    targetOs: '1507',
    summary,
    interrupted: { signal: 'SIGINT', done: 2, total: 9 },
  });
  t.is(
    end,
    `
2 images: 2 clean.
Left: 0 errors, 0 warnings.
Stopped by Ctrl-C after 2 of 9 images.
The rest was not checked, so there is no verdict: run it again.
`,
  );
});

test('a forged image has tens of thousands of findings: none is looked at for each other', (t) => {
  let looks = 0;
  const findings = Array.from({ length: 2000 }, () => ({
    ...initRwx,
    get code() {
      looks++;
      return 'HVCI2003';
    },
  }));
  text([{ ...legacy, findings }]);
  t.true(looks < 100 * findings.length, `${looks} looks`);
});

test('a clean image is one line', (t) => {
  t.is(
    text([clean], { clean: 1 }),
    `clean        C:\\out\\good.sys  x64 driver, 21,504 bytes

No error and no warning: nothing was found that memory integrity refuses.
`,
  );
});

test('remarks leave an image clean; each kind is named', (t) => {
  t.is(
    text([{ ...clean, findings: [noNx] }], { clean: 1 }),
    `clean        C:\\out\\good.sys  x64 driver, 21,504 bytes
  information HVCI3002 nx-compat-missing
    DllCharacteristics does not have NX_COMPAT.

No error and no warning: nothing was found that memory integrity refuses.
\`hvci-fix fix C:\\out\\good.sys\` makes the one fix that is safe; run it before signing.
`,
  );
});

test('an image with findings: facts, sections, each finding with place, effect, remedy and fix, the next command', (t) => {
  t.is(
    text([legacy], { errors: 1, warnings: 1 }),
    `C:\\out\\legacy.sys
x64 driver, 21,504 bytes, not signed: 1 error, 1 warning, 1 remark

    SECTION  RVA     SIZE    OFFSET  ACCESS
  > .text    0x1000  0x2c5a  0x400   R-X     HVCI2005
    .rdata   0x4000  0x6cc   0x3200  R--
    .data    0x5000  0x1140  0x3a00  RW-
  > INIT     0x7000  0x54a   0x4c00  RWX     HVCI2003
    .reloc   0x8000  0xc     0x5200  R--

error HVCI2005 iat-in-executable-section
  The import address table lies in the executable section .text.
  where   .text, dataDirectories[12], offset 0x1d8 (8 bytes), rva 0x1000
  effect  Windows refuses to load it with memory integrity on.
  remedy  Drop /MERGE:.rdata=.text.

warning HVCI2003 execute-write-section
  Section INIT is executable and writable.
  where   INIT, sections[3].characteristics, offset 0x284 (4 bytes), rva 0x7000
  effect  Windows 10 clears the write flag itself when it loads the driver; Driver Verifier reports
          it.
  remedy  Link without /SECTION:INIT,ERW.
  fix     safe: \`hvci-fix fix C:\\out\\legacy.sys\` clears the write flag of the section

information HVCI3002 nx-compat-missing
  DllCharacteristics does not have NX_COMPAT.
  where   optionalHeader.dllCharacteristics, offset 0x156 (2 bytes)
  effect  Windows loads the driver all the same.
  remedy  Link with /NXCOMPAT.
  fix     safe: \`hvci-fix fix C:\\out\\legacy.sys\` sets NX_COMPAT in DllCharacteristics

Next: \`hvci-fix fix C:\\out\\legacy.sys\` makes the 2 fixes that are safe; run it before signing. For
the rest: \`hvci-fix explain HVCI2005\`.
`,
  );
});

test('a dry run shows the plan byte for byte', (t) => {
  t.is(
    text([{ ...legacy, findings: [{ ...initRwx, outcome: 'planned' }], plan }], { warnings: 1 }),
    `C:\\out\\legacy.sys
x64 driver, 21,504 bytes, not signed: 1 warning

${TABLE.replace('RWX     HVCI', 'RWX -> R-X  HVCI')}
warning HVCI2003 execute-write-section [planned]
  Section INIT is executable and writable.
  where   INIT, sections[3].characteristics, offset 0x284 (4 bytes), rva 0x7000
  effect  Windows 10 clears the write flag itself when it loads the driver; Driver Verifier reports
          it.
  remedy  Link without /SECTION:INIT,ERW.
  fix     planned, see below

plan: 2 edits, nothing written (--dry-run)
  0x284:  200000e2 -> 20000062  HVCI2003 sections[3].characteristics of INIT: clear
                                IMAGE_SCN_MEM_WRITE
  0x150:  a8850100 -> a8850180  HVCI4001 optionalHeader.checkSum: recompute over the edited bytes
  note    No direct store into INIT was found.

Nothing was written. Run the same command without --dry-run to make these 2 edits.
`,
  );
});

test('a fix that was made: where it went, what to do next', (t) => {
  const fixed = {
    ...plan,
    outcome: 'fixed' as const,
    writtenTo: 'C:\\out\\legacy.sys',
    backup: 'C:\\out\\legacy.sys.bak',
  };
  const report = {
    ...legacy,
    status: 'clean' as const,
    findings: [{ ...initRwx, outcome: 'fixed' as const }],
    plan: fixed,
  };
  const printed = text([report], { clean: 1, fixed: 1 });
  t.true(printed.includes('x64 driver, 21,504 bytes, not signed: 1 fixed\n'));
  t.true(printed.includes('\nwarning HVCI2003 execute-write-section [fixed]\n'));
  t.true(printed.includes('  0x4c00  RWX -> R-X  HVCI2003\n'));
  t.false(printed.includes('remedy'), 'what is done needs no advice');
  t.true(
    printed.includes(
      '\nfixed: 2 edits, written to C:\\out\\legacy.sys, the original kept as C:\\out\\legacy.sys.bak\n',
    ),
  );
  t.true(printed.endsWith('\n\nFixed. Sign next: a signature made before the fix is no longer valid.\n'));
});

test('a refusal gives its reason once', (t) => {
  const message = 'The image is signed, and a header edit makes the signature invalid. Add --strip-signature.';
  const refused = {
    ...plan,
    outcome: 'refused' as const,
    failed: true,
    edits: [],
    notes: [],
    refusals: [{ code: 'signed', section: null, message }],
  };
  const finding = { ...initRwx, outcome: 'refused' as const, refusal: message };
  const printed = text([{ ...legacy, signed: true, findings: [finding], plan: refused }], { warnings: 1, refused: 1 });
  t.true(printed.includes('\n  fix     refused, see below\n'));
  t.true(
    printed.endsWith(`
refused: nothing was written
  refused signed: The image is signed, and a header edit makes the signature invalid. Add
  --strip-signature.

The fix of 1 file was refused; the reason and what to do are above.
`),
  );
  t.is(printed.split('makes the signature invalid').length, 2);
});

test('a fix that could not be written was not refused, and its reason is given once', (t) => {
  const message = 'Cannot sign a.sys: signtool failed with exit status 1. The file is unchanged.';
  const failed = { ...plan, outcome: 'refused' as const, failed: true, notes: [] };
  const finding = { ...initRwx, outcome: 'refused' as const, refusal: message };
  const error = { code: 'signing', path: legacy.path, offset: null, message };
  const printed = text([{ ...legacy, findings: [finding], plan: failed, error }], { warnings: 1, refused: 1 });
  t.is(printed.split('signtool failed').length, 2);
  t.true(printed.includes('\n  fix     not written, see below\n'));
  t.true(printed.endsWith('The fix of 1 file could not be written; the reason and what to do are above.\n'));
  t.notRegex(printed, /was refused|refused:/);
});

test('a fix that needs the user names the option and the section; a signed image says what it needs', (t) => {
  const patch = { ...initRwx, section: 'PATCH', fix: 'opt-in' as const };
  t.true(
    text([{ ...legacy, findings: [patch] }]).includes(
      '  fix     only on your word: `hvci-fix fix --strip-write PATCH C:\\out\\legacy.sys`, or',
    ),
  );
  const evil = { ...patch, section: '$(reboot)' };
  t.true(text([{ ...legacy, path: '`a`', findings: [evil] }]).includes('`hvci-fix fix --strip-write NAME PATH`'));
  t.regex(
    text([{ ...legacy, signed: true }]),
    /the image has\s+a\s+signature, so --strip-signature or --sign-with is needed/,
  );
});

test('many findings of one code: the first few, the number, one remedy', (t) => {
  const findings = Array.from({ length: 2007 }, (_, i) => ({
    ...iatInCode,
    code: 'HVCI2004',
    name: 'section-alignment',
    message: `Message ${i}.`,
  }));
  const printed = text([{ ...legacy, findings }], { errors: 2007 });
  t.true(printed.includes('\nerror HVCI2004 section-alignment, 2,007 times\n  Message 0.\n'));
  t.true(printed.includes('  Message 3.\n'));
  t.false(printed.includes('Message 4.'));
  t.true(printed.includes('\n  and 2,003 more like these; --format json lists every one\n  effect  '));
  t.is(printed.split('  remedy  ').length, 2);
  t.true(
    printed.endsWith(
      '\nNext: `hvci-fix explain HVCI2004` shows the cause and the relink or source change that removes it.\n',
    ),
  );
});

test('several images: one line each where one is enough, blocks apart, totals at the end', (t) => {
  const undecided: ImageReport = {
    ...clean,
    path: 'C:\\out\\odd.sys',
    status: 'undetermined',
    undetermined: [{ code: 'HVCI3001', reason: 'The relocation block at offset 0x5200 has a size of 3.' }],
    coverage: { callSites: 14, resolved: 12, notes: ['A note.'] },
  };
  const printed = print(
    createTextReporter(plain),
    [result(clean), result(userMode), result(cutOff), result(undecided, [row('.text', 0x1000, 0, 0x400, 0x60000020)])],
    { clean: 1, unreadable: 1 },
  );
  t.is(
    printed,
    `clean        C:\\out\\good.sys  x64 driver, 21,504 bytes
not checked  C:\\out\\tool.exe  x64 user-mode image, no kernel-mode driver

unreadable   C:\\out\\cut.sys
  The optional header needs 240 bytes and the file has 12 left. (optionalHeader, offset 0xf8)
  The file ends too early. Copy or link it again.

C:\\out\\odd.sys
x64 driver, 21,504 bytes, not signed: no finding

    SECTION  RVA     SIZE  OFFSET  ACCESS
    .text    0x1000  0x0   0x400   R-X

undetermined HVCI3001
  The relocation block at offset 0x5200 has a size of 3.

  note    12 of 14 call sites decided; the others depend on run-time values.
  note    A note.

4 images: 1 clean, 1 not wholly decided, 1 not checked, 1 unreadable.
Left: 0 errors, 0 warnings.
No error and no warning in what could be checked; what could not is named above.
`,
  );
});

test('suppressed findings are not counted and not hidden either', (t) => {
  const findings = [{ ...initRwx, suppressed: { reason: 'loaded on Windows 7 only' } }];
  const printed = text([{ ...clean, findings }], { clean: 1 });
  t.is(printed.split('\n')[1], '  note    HVCI2003 is suppressed: loaded on Windows 7 only');
});

test('quiet: errors and warnings, nothing else', (t) => {
  const quiet = { ...plain, quiet: true };
  t.is(text([clean, userMode], { clean: 1 }, quiet), '');
  const printed = text([legacy], { errors: 1, warnings: 1 }, quiet);
  t.true(printed.includes('error HVCI2005'));
  t.false(printed.includes('SECTION  RVA'));
  t.false(printed.includes('HVCI3002'));
  t.false(printed.includes('Next:'));
});

test('quiet: what was fixed is counted where it is information alone, as of a 32-bit driver', (t) => {
  const findings = [{ ...initRwx, severity: 'info' as const, outcome: 'fixed' as const }];
  const fixed = { ...plan, outcome: 'fixed' as const, writtenTo: 'legacy.sys' };
  const printed = text([{ ...legacy, machine: 'x86', findings, plan: fixed }], {}, { ...plain, quiet: true });
  t.true(
    printed.startsWith('C:\\out\\legacy.sys\nx86 driver, 21,504 bytes, not signed: 1 fixed\n\nfixed: 2 edits'),
    printed,
  );
  t.false(printed.includes('HVCI2003 execute-write-section'));
});

test('colours are SGR sequences alone: without them the text is the same', (t) => {
  const images = [clean, legacy, userMode, cutOff, { ...legacy, plan }];
  const coloured = text(images, {}, { ...plain, color: true });
  t.true(coloured.includes('\x1b[1;31merror\x1b[22;39m'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what is looked for
  t.is(coloured.replace(/\x1b\[[\d;]+m/g, ''), text(images));
});

test('hostile text never gets out, in whatever member it stands', (t) => {
  const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(hostile, fc.constantFrom(60, 80, 110), (name, width) => {
      const finding = { ...initRwx, section: name, symbol: name, field: name, message: name, hint: name, name };
      const edits = [{ ...plan.edits[0]!, field: name, section: name, description: name }];
      const report: ImageReport = {
        ...legacy,
        path: name,
        findings: [
          finding,
          { ...noNx, suppressed: { reason: name } },
          { ...finding, outcome: 'refused', refusal: name },
        ],
        undetermined: [{ code: 'HVCI3001', reason: name }],
        coverage: { callSites: 0, resolved: 0, notes: [name] },
        anomalies: [{ code: 'odd', path: name, offset: 1, message: name }],
        plan: {
          ...plan,
          writtenTo: name,
          backup: name,
          edits,
          notes: [name],
          refusals: [{ code: 'HVCI2003', section: name, message: name }],
        },
      };
      const rows = [row(name, 0x1000, 1, 0x400, 0x60000020)];
      const error = { code: 'truncated', path: name, offset: 0, message: name };
      const images = [result(report, rows), result({ ...cutOff, path: name, error }), result({ ...clean, path: name })];
      return !/[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u.test(
        print(createTextReporter({ ...plain, width }), images, {}),
      );
    }),
  );
  // The lines are ours alone: a newline in a name adds none.
  const lines = (name: string): number => text([{ ...clean, path: name }]).split('\n').length;
  t.is(lines('a\nb'), lines('ab'));
});

/** Decorations as in the WDK's page "INF Manufacturer Section" and its samples; builds from "Windows 10 release information". */
import test from 'ava';
import { infTargetOs } from '../../../plugin/build-step/inf-os.js';

const cases: readonly (readonly [string, string, ReturnType<typeof infTargetOs>])[] = [
  ['a build', '[Manufacturer]\n%Mfg% = Standard,NTamd64.10.0...16299\n', '1709'],
  ['the placeholder of stampinf', '[Manufacturer]\r\n%Mfg%=Standard,NT$ARCH$.10.0...16299\r\n', '1709'],
  ['ARM64', '[Manufacturer]\n%Mfg%=Standard,NTarm64.10.0...22000\n', '11-21H2'],
  ['any case, any blanks', ' [ MANUFACTURER ] \n\t%Mfg%\t=\tStandard ,\tntAMD64.10.0...15063 ; 1703\n', '1703'],
  ['a build between two releases', '[Manufacturer]\nA=S,NTamd64.10.0...17000', '1709'],
  ['Windows 10 without a build', '[Manufacturer]\nA=S,NTamd64.10.0\n', '1507'],
  ['Windows 7', '[Manufacturer]\nA=S,NTamd64.6.1\n', '1507'],
  ['no version', '[Manufacturer]\nA=S,NTamd64\n', null],
  ['no decoration', '[Manufacturer]\nA=S\n', null],
  ['the oldest of several', '[Manufacturer]\nA=S,NTamd64.10.0...19041,NTarm64.10.0...15063\n', '1703'],
  ['of several makers', '[Manufacturer]\nA=S,NTamd64.10.0...19041\nB=T,NTamd64.10.0...14393\n', '1607'],
  ['with one that is open', '[Manufacturer]\nA=S,NTamd64,NTamd64.10.0...16299\n', '1507'],
  ['32-bit ones do not count', '[Manufacturer]\nA=S,NTx86.6.1,NTamd64.10.0...16299,NTarm.6.2,NTia64.6.1\n', '1709'],
  ['32-bit alone', '[Manufacturer]\nA=S,NTx86.10.0...16299\n', null],
  ['a comment', '[Manufacturer]\n; A=S,NTamd64.6.1\nA=S,NTamd64.10.0...16299;,NTamd64.6.1\n', '1709'],
  ['a semicolon in quotes', '[Manufacturer]\n"A; B"=S,NTamd64.10.0...16299 ; "\n', '1709'],
  ['a quote without an end', '[Manufacturer]\n"A=S,NTamd64.10.0...16299\n', '1709'],
  ['a line that goes on', '[Manufacturer]\nA=S,\\\n  NTamd64.10.0...16299\n', '1709'],
  ['another section', '[Strings]\nA=S,NTamd64.10.0...16299\n', null],
  [
    'a section that comes twice',
    '[Manufacturer]\nA=S,NTamd64.10.0...19041\n[X]\n[manufacturer]\nB=S,NTamd64.10.0...15063',
    '1703',
  ],
  ['product and suite', '[Manufacturer]\nA=S,NTamd64.10.0.1.2.16299\n', '1709'],
  ['nothing', '', null],
];

for (const [about, text, expected] of cases) {
  test(about, (t) => {
    t.is(infTargetOs(text), expected);
  });
}

test('a hostile INF costs no time', (t) => {
  const start = performance.now();
  t.is(
    infTargetOs(`[Manufacturer]\n${'"'.repeat(200_000)}\n${'"a;'.repeat(100_000)}\n${'\\\n'.repeat(100_000)}`),
    null,
  );
  t.true(performance.now() - start < 2000);
});

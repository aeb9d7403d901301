/** Release names by build and NTDDI value: Microsoft, "Windows 10 release information" and sdkddkver.h. */
import test from 'ava';
import { projectTargetOs } from '../../../plugin/build-step/project-os.js';

const cases: readonly (readonly [string, string | null])[] = [
  ['0x0A00', '1507'],
  ['0xA00', '1507'],
  ['0x0601', '1507'],
  ['0x0A000000', '1507'],
  ['0xA000002', '1607'],
  ['0x0A000003', '1703'],
  ['0x0A000006', '1809'],
  ['0x0A00000B', '11-21H2'],
  ['0xA00000C', '11-22H2'],
  ['0xA000010', '11-24H2'],
  ['0x06030000', '1507'],
  ['Windows10', '1507'],
  ['Windows7', '1507'],
  ['WindowsV6.3', '1507'],
  ['10.0', '1507'],
  ['10.0.15062', '1607'],
  ['10.0.15063', '1703'],
  ['10.0.16299.0', '1709'],
  ['NTamd64.10.0...16299', '1709'],
  ['1703', '1703'],
  ['22H2', '22H2'],
  ['24H2', '11-24H2'],
  ['NTDDI_WIN10', '1507'],
  ['NTDDI_WIN10_RS2', '1703'],
  ['NTDDI_WIN10_CO', '11-21H2'],
  ['NTDDI_WIN7', '1507'],
  ['NTamd64.10.0...19041;NTamd64.10.0...14393', '1607'],
  ['Windows99', null],
  ['', null],
  ['1703;nonsense', null],
  ['0x0', null],
];

for (const [text, expected] of cases) {
  test(`"${text}" is ${expected ?? 'nothing known'}`, (t) => {
    t.is(projectTargetOs(text), expected as ReturnType<typeof projectTargetOs>);
  });
}

/** What a linker's command line says. The expected names were seen with lld-link 22 and GNU ld, or stand in link.exe's documentation. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { understandLink } from '../../../plugin/link/command.js';
import { scratch } from '../files/scratch.js';

interface Case {
  readonly linker: string;
  readonly args: string;
  readonly outputs: readonly string[];
  readonly driver: boolean;
}

const driver = (linker: string, args: string, ...outputs: string[]): Case => ({ linker, args, outputs, driver: true });
const other = (linker: string, args: string, ...outputs: string[]): Case => ({ linker, args, outputs, driver: false });

const cases: readonly Case[] = [
  driver('link.exe', '/DRIVER /OUT:foo.sys a.obj', 'foo.sys'),
  driver('C:\\VS\\bin\\link.exe', '-driver:wdm -out:foo.sys a.obj', 'foo.sys'),
  driver('lld-link-22', '/subsystem:native,10.0 /out:a.dll /OUT:b.dll x.obj', 'b.dll'),
  driver('LINK', '/DRIVER sub/my.driver.obj other.obj', 'my.driver.sys'),
  driver('lld-link', '/dll /driver x.obj', 'x.dll'),
  other('lld-link', '/subsystem:console x.obj', 'x.exe'),
  other('link', '/NOLOGO /SUBSYSTEM:WINDOWS /OUT:NATIVE.exe a.obj', 'NATIVE.exe'),
  driver('rust-lld', '-flavor link /DRIVER /OUT:d.sys a.o', 'd.sys'),
  driver('/opt/rust-lld', '-flavor gnu --subsystem native -o d.sys a.o', 'd.sys'),
  driver('x86_64-w64-mingw32-gcc', '-shared -Wl,--subsystem,native,--entry,DriverEntry -o d.sys a.o', 'd.sys'),
  driver('x86_64-w64-mingw32-gcc-12', '-Wl,--subsystem=native:10.0 -od.sys a.o', 'd.sys'),
  driver('gcc', '-Xlinker --subsystem -Xlinker native -o d a.o', 'd', 'd.exe'),
  driver('x86_64-w64-mingw32-ld.exe', '-subsystem native --output=d.sys a.o', 'd.sys'),
  driver('ld', '--subsystem 1 a.o', 'a.exe', 'a.out'),
  driver('clang-22', '-fuse-ld=lld -Wl,/driver,/subsystem:native -o k.sys a.obj', 'k.sys'),
  driver('clang', '-Wl,/driver,/out:w.sys -o k.sys a.obj', 'w.sys'),
  driver('clang-cl', 'a.obj /Fe:k.sys /link /DRIVER', 'k.sys'),
  driver('cl.exe', 'a.c /Fek.sys /link /driver', 'k.sys'),
  driver('cmake', '-E vs_link_dll --intdir=x --manifests -- lld-link /driver /out:c.sys a.obj', 'c.sys'),
  driver('my-own-linker', '/nologo /driver /out:o.sys a.obj', 'o.sys'),
  other('gcc', '-Wl,--omagic -o hello a.o', 'hello', 'hello.exe'),
  other('gcc', '-c -Wl,--subsystem,native a.c -o a.o'),
  other('link', '/LIB /OUT:a.lib a.obj'),
  other('link', '/dump a.sys'),
];

for (const { linker, args, outputs, driver: expected } of cases) {
  test(`${linker} ${args}`, (t) => {
    const link = understandLink(linker, args.split(' '), '/w', {});
    t.deepEqual(
      link.outputs,
      outputs.map((path) => `/w/${path}`),
    );
    t.is(link.driver, expected);
  });
}

test("link.exe's variables LINK and _LINK_ stand before and after the arguments", (t) => {
  const environment = { LINK: '/DRIVER /OUT:early.sys', _LINK_: '/OUT:late.sys' };
  const link = understandLink('lld-link', ['/out:middle.sys', 'a.obj'], '/w', environment);
  t.deepEqual([link.driver, link.outputs], [true, ['/w/late.sys']]);
  t.false(understandLink('gcc', ['-o', 'x', 'a.o'], '/w', environment).driver, 'no other linker reads them');
});

test('without /OUT the definition file names the output', (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'a.def'), '; a comment\nLIBRARY "foo"\nEXPORTS x\n');
  writeFileSync(join(folder, 'b.def'), 'NAME bar.sys\n');
  const outputs = (def: string): readonly string[] =>
    understandLink('link', ['/driver', `/def:${def}`, 'x.obj'], folder, {}).outputs;
  t.deepEqual(outputs('a.def'), [join(folder, 'foo.dll')]);
  t.deepEqual(outputs('b.def'), [join(folder, 'bar.sys')]);
  t.deepEqual(outputs('none.def'), [join(folder, 'x.sys')]);
});

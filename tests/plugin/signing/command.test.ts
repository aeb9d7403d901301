import test from 'ava';
import { parseSignCommand, splitCommand } from '../../../plugin/signing/command.js';
import { lastLines, withoutSecrets } from '../../../plugin/signing/output.js';

test('splitting', (t) => {
  const is = (text: string, expected: string[] | null) => t.deepEqual(splitCommand(text), expected, text);
  is('signtool sign /a {file}', ['signtool', 'sign', '/a', '{file}']);
  is('  a\t b  ', ['a', 'b']);
  is('"C:\\Program Files\\signtool.exe" sign {file}', ['C:\\Program Files\\signtool.exe', 'sign', '{file}']);
  is('a "C:\\certs\\" b', ['a', 'C:\\certs\\', 'b']); // a backslash escapes nothing
  is('a --d="x y" --e=\'p "q"\'', ['a', '--d=x y', '--e=p "q"']);
  is("a C:\\Users\\O'Neil\\c.pfx '' \"\"", ['a', "C:\\Users\\O'Neil\\c.pfx", '', '']);
  is('a $HOME `x` ; b | c > d %PATH% *', ['a', '$HOME', '`x`', ';', 'b', '|', 'c', '>', 'd', '%PATH%', '*']);
  is('a "b', null);
  is('', []);
});

test('placeholders decide the style', (t) => {
  const style = (text: string) => {
    const result = parseSignCommand(text);
    return result.ok ? result.value.style : result.message;
  };
  t.is(style('signtool sign {file}'), 'in-place');
  t.is(style('osslsigncode sign -in {in} -out {out}'), 'in-out');
  t.is(style('tool --in={in} --out={out}'), 'in-out');
  t.regex(style('signtool sign'), /no placeholder/);
  t.regex(style('tool {in}'), /go together/);
  t.regex(style('tool {out}'), /go together/);
  t.regex(style('tool {file} {in} {out}'), /does not go with/);
  t.regex(style('{file} sign'), /program comes first/);
  t.regex(style(''), /empty/);
  t.regex(style('tool "{file}'), /not closed/);
});

test('the name is the program’s only, and errors never repeat the command', (t) => {
  const result = parseSignCommand('"C:\\Program Files\\x\\signtool.exe" sign /p hunter22 {file}');
  t.is(result.ok ? result.value.name : '', 'signtool.exe');
  for (const text of ['tool /p hunter22', 'tool /p "hunter22 {file}', '{file} hunter22']) {
    const bad = parseSignCommand(text);
    t.true(!bad.ok && !bad.message.includes('hunter22'));
  }
});

test('secrets in what a tool prints are hidden, causes are not', (t) => {
  const args = [
    'sign',
    '-pass',
    'hunter22',
    '--token=abc"def',
    '/p:geheim',
    '-certs',
    'my cert.pem',
    '-in',
    '{in}',
    '-t',
    'http://ts.example',
  ];
  const said = 'sign: hunter22 and abc"def and geheim; cannot open my cert.pem; http://ts.example -pass';
  t.is(withoutSecrets(said, args), 'sign: *** and *** and ***; cannot open my cert.pem; http://ts.example -pass');
  t.is(withoutSecrets('https://me:pw@ts.example', ['https://me:pw@ts.example']), '***');
  t.is(withoutSecrets('/home/me/secret failed', ['/home/me/secret']), '*** failed');
});

test('the last lines', (t) => {
  t.is(lastLines('a\r\n\r\nb\n'), 'a\nb');
  t.is(lastLines(Array.from({ length: 30 }, (_, i) => `line ${i}`).join('\n')).split('\n')[0], 'line 20');
  t.is(lastLines('x'.repeat(5000)).length, 2000);
});

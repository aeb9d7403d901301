import test from 'ava';
import fc from 'fast-check';
import {
  escapeForMsbuildOrigin,
  escapeForMsbuildText,
  escapeForSarifMessage,
  escapeForTerminal,
  escapeUriSegment,
  quoteArgument,
  stringifyJson,
} from '../../../plugin/report/escape.js';
import { HOSTILE } from './samples.js';

/** Controls, bidi controls (UAX #9), line and paragraph separators, surrogates: what no terminal may be sent. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));

test('terminal: unsafe characters are spelled out', (t) => {
  t.is(escapeForTerminal('a\nb\r\tc'), 'a\\nb\\r\\tc');
  t.is(escapeForTerminal('\x1b[31mred\x07'), '\\x1b[31mred\\x07');
  t.is(escapeForTerminal('\x9b2J'), '\\x9b2J');
  t.is(escapeForTerminal('\u202egnp.sys'), '\\u{202e}gnp.sys');
  t.is(escapeForTerminal('\u2028'), '\\u{2028}');
  t.is(escapeForTerminal('\ud800'), '\\u{d800}');
  t.is(escapeForTerminal('\u{e0041}'), '\\u{e0041}');
});

test('terminal: readable text stays as it is', (t) => {
  for (const text of ['C:\\out\\x.sys', 'Fahrer für Geräte.sys', '驱动.sys', '.text$mn'])
    t.is(escapeForTerminal(text), text);
});

test('terminal: nothing forbidden comes out, and twice is once', (t) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const safe = escapeForTerminal(text);
      return !FORBIDDEN.test(safe) && escapeForTerminal(safe) === safe;
    }),
  );
  t.pass();
});

test('MSBuild origin: no colon but that of the drive, no category word on its own', (t) => {
  t.is(escapeForMsbuildOrigin('C:\\out\\x.sys'), 'C:\\out\\x.sys');
  t.is(escapeForMsbuildOrigin('/out/a:b.sys'), '/out/a%3Ab.sys');
  t.is(escapeForMsbuildOrigin('C:\\a:b'), 'C:\\a%3Ab');
  t.is(escapeForMsbuildOrigin('C:\\my error x.sys'), 'C:\\my%20error x.sys');
  t.is(escapeForMsbuildOrigin('C:\\my errors x.sys'), 'C:\\my errors x.sys');
  fc.assert(
    fc.property(anyText, (text) => {
      const origin = escapeForMsbuildOrigin(`/${text}`);
      return !origin.includes(':') && !FORBIDDEN.test(origin);
    }),
  );
});

test('MSBuild text: no clang-style category', (t) => {
  t.is(escapeForMsbuildText('x:1:2: error: forged'), 'x:1:2; error: forged');
  t.is(escapeForMsbuildText('x:1:2:warning: forged'), 'x:1:2;warning: forged');
  t.is(escapeForMsbuildText('section a:b'), 'section a:b');
});

test('JSON: the value survives, raw controls and bidi overrides do not', (t) => {
  t.is(stringifyJson('\u202e\x9b'), '"\\u202e\\u009b"');
  t.is(stringifyJson('\u{e0041}'), '"\\udb40\\udc41"');
  fc.assert(
    fc.property(anyText, (text) => {
      const json = stringifyJson({ [text]: text });
      return !/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(json) && JSON.parse(json)[text] === text;
    }),
  );
});

test('URI segment: RFC 3986 unreserved characters and percent escapes only', (t) => {
  t.is(escapeUriSegment('my driver (1).sys'), 'my%20driver%20%281%29.sys');
  t.is(escapeUriSegment('a:b#c?d'), 'a%3Ab%23c%3Fd');
  t.is(escapeUriSegment('ü'), '%C3%BC');
  fc.assert(fc.property(anyText, (text) => /^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/.test(escapeUriSegment(text))));
});

test('SARIF message: placeholders and links lose their meaning, indexes stay', (t) => {
  t.is(escapeForSarifMessage('sections[3].name'), 'sections[3].name');
  t.is(escapeForSarifMessage('section {0}'), 'section {{0}}');
  t.is(escapeForSarifMessage('[click](http://x)'), '\\[click\\](http://x)');
});

test('an argument is quoted only where quoting is safe in every shell', (t) => {
  t.is(quoteArgument('C:\\out\\x.sys'), 'C:\\out\\x.sys');
  t.is(quoteArgument('out\\x.sys'), '"out\\x.sys"');
  t.is(quoteArgument('C:\\My Drivers\\x.sys'), '"C:\\My Drivers\\x.sys"');
  t.is(quoteArgument('-x'), null);
  for (const hostile of ['$(reboot).sys', '`reboot`', 'a"b', '%PATH%', 'a!b', 'a\nb', 'a\u202eb', 'C:\\a b\\']) {
    t.is(quoteArgument(hostile), null, hostile);
  }
});

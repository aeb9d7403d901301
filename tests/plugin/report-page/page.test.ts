/** The page as a file: its policy is the hashes of what is in it, its data is inert, and nothing else is there. */
import { createHash } from 'node:crypto';
import test from 'ava';
import { ReportPage } from '../../../plugin/report-page/page.js';
import { clean, HOSTILE, legacy } from '../report/samples.js';

const options = { toolVersion: '0.1.0', rules: [], targetOs: '1507', codeRead: false };
const NASTY = [...HOSTILE, '</script><script>boom()</script>', '<!--<script>', '\0', ']]>', '\'"><img src=x>'];

function pageOf(names: readonly string[]): string {
  const page = new ReportPage(options);
  page.add(clean);
  page.add(legacy);
  for (const name of names) {
    const findings = legacy.findings.map((finding) => ({
      ...finding,
      section: name,
      symbol: name,
      message: name,
      hint: name,
    }));
    page.add({
      ...legacy,
      path: `C:\\${name}`,
      findings,
      machines: [name],
      coverage: { ...clean.coverage, notes: [name] },
    });
  }
  return page.html(names);
}

function between(html: string, open: string, close: string): string {
  const start = html.indexOf(open) + open.length;
  return html.slice(start, html.indexOf(close, start));
}

test('the policy allows by hash exactly the script and the style of the page', (t) => {
  const html = pageOf([]);
  const policy = between(html, 'http-equiv="Content-Security-Policy" content="', '"');
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const script = html.slice(html.lastIndexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
  t.true(script.length > 1000);
  t.true(policy.includes(`script-src ${hash(script)};`));
  t.true(policy.includes(`style-src ${hash(between(html, '<style>', '</style>'))};`));
  t.true(policy.startsWith("default-src 'none';"));
  t.notRegex(policy, /unsafe|https?:|\*/);
});

test('names from files stay in the data element, whatever they are', (t) => {
  const plain = pageOf([]);
  const html = pageOf(NASTY);
  for (const tag of ['<script', '</script', '<!--', '<img', '<style']) {
    t.is(html.split(tag).length, plain.split(tag).length, tag);
  }
  const json = between(html, '<script type="application/json" id="data">', '</script>');
  t.false(json.includes('<'));
  const { drivers, hosts } = JSON.parse(json) as { drivers: { path: string }[]; hosts: string[] };
  t.is(drivers.length, 2 + NASTY.length);
  t.is(hosts.length, NASTY.length);
  // No control or bidirectional character is left for a reader to be deceived by.
  t.notRegex(JSON.stringify([drivers, hosts]), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  t.true(hosts.includes('\\u{202e}gnp.sys\\u{2066}\\u{200f}'));
});

test('the same reports give the same bytes', (t) => {
  t.is(pageOf(NASTY), pageOf(NASTY));
  t.notRegex(pageOf([]), /\b20\d\d-\d\d-\d\d\b/);
});

test('the page loads nothing', (t) => {
  const html = pageOf([]).replaceAll('http://www.w3.org/2000/svg', '');
  t.notRegex(html, /https?:\/\//);
  t.notRegex(html, /\b(?:src|href)=["'](?!#)/);
});

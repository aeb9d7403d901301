import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'ava';
import { hasOwnEntries, keepAccessList, parseSavedList } from '../../../plugin/files/access.js';
import { scratch, temporaries } from './scratch.js';

// SDDL as [MS-DTYP] 2.5.1 defines it.
const inherited = 'D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)';
const explicit = 'D:AI(A;;0x1301bf;;;S-1-5-21-1-2-3-1001)(A;ID;FA;;;SY)';
const cutOff = 'D:PAI(A;;FA;;;SY)';

test('only entries of a file’s own, or a list cut off from the folder, must be carried over', (t) => {
  t.false(hasOwnEntries(inherited));
  t.false(hasOwnEntries('D:ARAI(A;OICIID;FA;;;SY)'));
  t.true(hasOwnEntries(explicit));
  t.true(hasOwnEntries(cutOff));
  t.true(hasOwnEntries('D:P'));
  t.true(hasOwnEntries('D:AI(A;ID;FA;;;SY)(D;OICI;FA;;;BU)'));
  t.is(parseSavedList('a.sys\r\nD:AI\r\n'), 'D:AI');
  t.is(parseSavedList('\uFEFFa.sys\r\nD:AI\r\n'), 'D:AI');
  t.is(parseSavedList('a.sys\r\n'), null);
  t.is(parseSavedList(''), null);
});

test('icacls saves the original’s list and restores it under the temporary name', (t) => {
  const folder = scratch(t);
  const original = join(folder, 'a.sys');
  const temporary = join(folder, 'new.tmp');
  const run = (list: string) => {
    const restored: string[][] = [];
    const notes = keepAccessList(original, temporary, (args) => {
      if (args[1] === '/save') {
        t.is(args[0], original);
        writeFileSync(args[2] ?? '', `a.sys\r\n${list}\r\n`, 'utf16le');
      } else {
        restored.push([args[0] ?? '', args[1] ?? '', readFileSync(args[2] ?? '', 'utf16le')]);
      }
    });
    t.deepEqual(temporaries(folder), []);
    return { notes, restored };
  };
  t.deepEqual(run(inherited), { notes: [], restored: [] });
  const expected = [[folder, '/restore', `${basename(temporary)}\r\n${explicit}\r\n`]];
  t.deepEqual(run(explicit), { notes: [], restored: expected });
});

test('without a working icacls the file is written and it is said', (t) => {
  const folder = scratch(t);
  const fail = () => {
    throw new Error('no icacls');
  };
  t.regex(keepAccessList(join(folder, 'a'), join(folder, 'b'), fail).join(), /could not be carried over/);
  t.regex(keepAccessList(join(folder, 'a'), join(folder, 'b'), () => undefined).join(), /could not be read/);
  t.deepEqual(temporaries(folder), []);
});

/** Bytes that functions take off the stack: the table against the names with their bytes in mingw-w64's import libraries. */
import { existsSync } from 'node:fs';
import test from 'ava';
import { execa } from 'execa';
import { stdcallBytes } from '../../../fixer/code/stdcall.js';

const libraries = ['ntoskrnl', 'hal', 'ndis'].map((name) => `/usr/i686-w64-mingw32/lib/lib${name}.a`);

test('common functions are in it', (t) => {
  t.is(stdcallBytes('ExFreePool'), 4);
  t.is(stdcallBytes('KeInitializeDpc'), 12);
  // In registers, and by the caller.
  t.is(stdcallBytes('IofCallDriver'), 0);
  t.is(stdcallBytes('DbgPrint'), 0);
  t.is(stdcallBytes('NobodyKnowsThis'), null);
});

test('it agrees with mingw-w64', async (t) => {
  if (!libraries.every(existsSync)) {
    t.log('skipped: no mingw-w64 for 32 bits');
    t.pass();
    return;
  }
  let compared = 0;
  for (const library of libraries) {
    const { stdout } = await execa('nm', ['-g', library], { maxBuffer: 1 << 26 });
    for (const [, sign = '', name = '', bytes = ''] of stdout.matchAll(/ T ([_@])(\w+)@(\d+)$/gm)) {
      const known = stdcallBytes(name);
      if (known === null) continue;
      // Two words of a fastcall function are in registers.
      t.is(known, sign === '@' ? Math.max(0, Number(bytes) - 8) : Number(bytes), name);
      compared++;
    }
  }
  t.true(compared > 500, `${compared} names`);
});

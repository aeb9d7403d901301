/** Drivers whose code is typed in bytes: one function in .text that calls imports. Offsets come from the builder. */
import type { BuiltImage, RvaOf } from '../image-builder.js';
import { buildDriver, type DriverSpec } from '../image-builder-driver.js';
import { runtimeFunctionTable } from '../image-builder-tables.js';

/**
 * Machine code, a call of an import through its slot (x64: FF 15 disp32, 6 bytes), a store, or an import's address in rax
 * (`mov rax, [rip+disp32]`: 48 8B 05, 7 bytes).
 */
export type Part =
  | readonly number[]
  | { readonly call: string }
  | { readonly store: StoreTarget }
  | { readonly load: string };

/** `mov dword ptr [rip+disp32], imm32`: C7 05, 10 bytes. */
export interface StoreTarget {
  readonly section: string;
  readonly at: number;
}

/** Where buildDriver puts the import address table: behind 0x20 bytes of .rdata. */
const IAT_IN_RDATA = 0x20;

export interface CodeDriver {
  readonly functions: readonly string[];
  readonly parts: readonly Part[];
  readonly change?: DriverSpec['change'];
  readonly dllCharacteristics?: number;
}

const lengthOf = (part: Part): number => ('call' in part ? 6 : 'store' in part ? 10 : 'load' in part ? 7 : part.length);

/** Bytes from the start of .text to the part of that index. */
export const positionOf = ({ parts }: CodeDriver, index: number): number =>
  parts.slice(0, index).reduce((sum, part) => sum + lengthOf(part), 0);

export function buildCodeDriver(driver: CodeDriver): BuiltImage {
  const { functions, parts, change, dllCharacteristics } = driver;
  const size = positionOf(driver, parts.length);
  const assemble = (rvaOf: RvaOf): Uint8Array => {
    const code = new Uint8Array(Math.max(size, 0x60)).fill(0xcc);
    const view = new DataView(code.buffer);
    let at = 0;
    for (const part of parts) {
      const next = rvaOf('.text') + at + lengthOf(part);
      const slotOf = (name: string): number => {
        const index = functions.indexOf(name);
        if (index < 0) throw new Error(`${name} is not imported`);
        return rvaOf('.rdata') + IAT_IN_RDATA + index * 8;
      };
      if ('call' in part) {
        view.setUint16(at, 0x15ff, true);
        view.setInt32(at + 2, slotOf(part.call) - next, true);
      } else if ('load' in part) {
        code.set([0x48, 0x8b, 0x05], at);
        view.setInt32(at + 3, slotOf(part.load) - next, true);
      } else if ('store' in part) {
        view.setUint16(at, 0x05c7, true);
        view.setInt32(at + 2, rvaOf(part.store.section) + part.store.at - next, true);
        view.setUint32(at + 6, 0x90909090, true);
      } else code.set(part, at);
      at += lengthOf(part);
    }
    return code;
  };
  return buildDriver({
    libraries: [{ name: 'ntoskrnl.exe', functions }],
    ...(dllCharacteristics === undefined ? {} : { dllCharacteristics }),
    change: {
      '.pdata': {
        data: (rvaOf) => runtimeFunctionTable([rvaOf('.text'), rvaOf('.text') + size, rvaOf('.rdata')]),
      },
      ...change,
      '.text': { data: assemble, ...change?.['.text'] },
    },
  });
}

export const ENTER = [0x48, 0x83, 0xec, 0x58] as const; // sub rsp, 58h
export const LEAVE = [0x48, 0x83, 0xc4, 0x58, 0xc3] as const; // add rsp, 58h; ret

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
export const ecx = (value: number): number[] => [0xb9, ...dword(value)];
export const edx = (value: number): number[] => [0xba, ...dword(value)];
export const r8d = (value: number): number[] => [0x41, 0xb8, ...dword(value)];
export const r9d = (value: number): number[] => [0x41, 0xb9, ...dword(value)];
/** mov dword ptr [rsp+offset], value: a stack argument; the fifth is at 20h. */
export const stack = (offset: number, value: number): number[] => [0xc7, 0x44, 0x24, offset, ...dword(value)];
/** Returns 0 or 1 in ecx, as nobody knows: test r10d, r10d; setne cl; movzx ecx, cl. */
export const ecxTruth = [0x45, 0x85, 0xd2, 0x0f, 0x95, 0xc1, 0x0f, 0xb6, 0xc9] as const;
/** shl ecx, count. */
export const shiftEcx = (count: number): number[] => [0xc1, 0xe1, count];
/** mov ecx, r10d: a value that nobody knows after a call. */
export const ecxUnknown = [0x44, 0x89, 0xd1] as const;

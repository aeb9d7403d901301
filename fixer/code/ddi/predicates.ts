/**
 * What an argument's value means: whether it asks for executable memory, whether it can be meant at all, and how it is
 * written in source code. Values are the low 32 bits; `ones` and `zeros` are the bits that are known.
 */
import { hex } from '../../pe/hex.js';
import type { ArgumentKind } from './ddi.js';

export type Judgement = 'violation' | 'ok' | 'unknown';

interface Predicate {
  judge(ones: number, zeros: number): Judgement;
  /** False for a number that no caller means: then the analysis has followed something wrong. */
  isPlausible(value: number): boolean;
  /** As in source code. */
  words(value: number): string;
}

/** A violation when none of `mask`'s bits is set. */
const unlessSet =
  (mask: number) =>
  (ones: number, zeros: number): Judgement =>
    (ones & mask) !== 0 ? 'ok' : (zeros & mask) === (mask | 0) ? 'violation' : 'unknown';

/** A violation when one of `mask`'s bits is set. */
const whenSet =
  (mask: number) =>
  (ones: number, zeros: number): Judgement =>
    (ones & mask) !== 0 ? 'violation' : (zeros & mask) === (mask | 0) ? 'ok' : 'unknown';

const whenOneOf =
  (values: readonly number[]) =>
  (ones: number, zeros: number): Judgement =>
    (ones | zeros) >>> 0 === 0xffffffff ? (values.includes(ones >>> 0) ? 'violation' : 'ok') : 'unknown';

/** Names of a base value and of flags that may be ORed to it. */
function namer(
  bases: Readonly<Record<number, string>>,
  flags: readonly (readonly [number, string])[],
  baseMask: number,
) {
  return (value: number): string => {
    const parts: string[] = [];
    const base = (value & baseMask) >>> 0;
    const name = bases[base];
    if (name !== undefined) parts.push(name);
    let rest = name === undefined ? value >>> 0 : (value & ~baseMask) >>> 0;
    for (const [flag, flagName] of flags) {
      if ((rest & flag) === 0) continue;
      parts.push(flagName);
      rest = (rest & ~flag) >>> 0;
    }
    // 0 | FLAG is FLAG.
    if (parts.length > 1 && parts[0] === number(0)) parts.shift();
    if (rest !== 0 || parts.length === 0) parts.push(number(rest));
    return parts.join(' | ');
  };
}

const number = (value: number): string => (value < 10 ? `${value}` : hex(value));

/** POOL_TYPE (wdm.h). */
const poolTypeName = namer(
  {
    0: 'NonPagedPool',
    1: 'PagedPool',
    2: 'NonPagedPoolMustSucceed',
    4: 'NonPagedPoolCacheAligned',
    5: 'PagedPoolCacheAligned',
    6: 'NonPagedPoolCacheAlignedMustS',
    32: 'NonPagedPoolSession',
    33: 'PagedPoolSession',
    34: 'NonPagedPoolMustSucceedSession',
    36: 'NonPagedPoolCacheAlignedSession',
    37: 'PagedPoolCacheAlignedSession',
    38: 'NonPagedPoolCacheAlignedMustSSession',
    512: 'NonPagedPoolNx',
    516: 'NonPagedPoolNxCacheAligned',
    544: 'NonPagedPoolSessionNx',
  },
  [
    [8, 'POOL_QUOTA_FAIL_INSTEAD_OF_RAISE'],
    [16, 'POOL_RAISE_IF_ALLOCATION_FAILURE'],
    [256, 'POOL_COLD_ALLOCATION'],
    [512, 'POOL_NX_ALLOCATION'],
    [1024, 'POOL_ZERO_ALLOCATION'],
  ],
  0x227,
);

/** PAGE_* (winnt.h). */
const protectionName = namer(
  {
    1: 'PAGE_NOACCESS',
    2: 'PAGE_READONLY',
    4: 'PAGE_READWRITE',
    8: 'PAGE_WRITECOPY',
    16: 'PAGE_EXECUTE',
    32: 'PAGE_EXECUTE_READ',
    64: 'PAGE_EXECUTE_READWRITE',
    128: 'PAGE_EXECUTE_WRITECOPY',
  },
  [
    [0x100, 'PAGE_GUARD'],
    [0x200, 'PAGE_NOCACHE'],
    [0x400, 'PAGE_WRITECOMBINE'],
  ],
  0xff,
);

const oneBit = (value: number): boolean => value !== 0 && (value & (value - 1)) === 0;

const PREDICATES: Readonly<Record<ArgumentKind, Predicate>> = {
  // Non-paged and without the NX bit. PagedPool is never executable.
  'pool-type': { judge: unlessSet(0x201), isPlausible: (value) => value < 0x1000, words: poolTypeName },
  'lookaside-flags': {
    judge: unlessSet(0x201),
    isPlausible: (value) => value < 0x1000,
    words: namer(
      { 0: '0' },
      [
        [16, 'POOL_RAISE_IF_ALLOCATION_FAILURE'],
        [512, 'POOL_NX_ALLOCATION'],
      ],
      0xfffffdef,
    ),
  },
  'pool-flags': {
    judge: whenSet(0x80),
    isPlausible: () => true,
    words: namer(
      {},
      [
        [1, 'POOL_FLAG_USE_QUOTA'],
        [2, 'POOL_FLAG_UNINITIALIZED'],
        [4, 'POOL_FLAG_SESSION'],
        [8, 'POOL_FLAG_CACHE_ALIGNED'],
        [32, 'POOL_FLAG_RAISE_ON_FAILURE'],
        [64, 'POOL_FLAG_NON_PAGED'],
        [128, 'POOL_FLAG_NON_PAGED_EXECUTE'],
        [256, 'POOL_FLAG_PAGED'],
      ],
      0,
    ),
  },
  'page-protection': { judge: whenSet(0xf0), isPlausible: (value) => oneBit(value & 0xff), words: protectionName },
  'page-priority': {
    judge: unlessSet(0x40000000),
    isPlausible: (value) => (value & 0x1fffffff) < 64,
    words: namer(
      { 0: 'LowPagePriority', 16: 'NormalPagePriority', 32: 'HighPagePriority' },
      [
        [0x20000000, 'MdlMappingWithGuardPtes'],
        [0x40000000, 'MdlMappingNoExecute'],
        [0x80000000, 'MdlMappingNoWrite'],
      ],
      0x1fffffff,
    ),
  },
  'section-access': {
    judge: whenSet(0x8),
    isPlausible: () => true,
    words: (value) => (value === 0xf001f ? 'SECTION_ALL_ACCESS' : namer({}, [[8, 'SECTION_MAP_EXECUTE']], 0)(value)),
  },
  'section-attributes': {
    judge: whenSet(0x1000000),
    isPlausible: () => true,
    words: namer(
      {},
      [
        [0x1000000, 'SEC_IMAGE'],
        [0x4000000, 'SEC_RESERVE'],
        [0x8000000, 'SEC_COMMIT'],
      ],
      0,
    ),
  },
  'information-class': {
    judge: whenOneOf([26, 38, 54]),
    isPlausible: (value) => value < 0x1000,
    words: namer(
      {
        26: 'SystemLoadGdiDriverInformation',
        38: 'SystemExtendServiceTableInformation',
        54: 'SystemLoadGdiDriverInSystemSpace',
      },
      [],
      0xffffffff,
    ),
  },
  'storport-function': {
    judge: whenOneOf([5, 43]),
    isPlausible: (value) => value < 0x1000,
    words: namer({ 5: 'ExtFunctionGetSystemAddress', 43: 'ExtFunctionGetDataInBufferSystemAddress' }, [], 0xffffffff),
  },
};

export const judgeBits = (kind: ArgumentKind, ones: number, zeros: number): Judgement =>
  PREDICATES[kind].judge(ones | 0, zeros | 0);

/** A whole value; `unknown` where no caller can mean it. */
export const judgeValue = (kind: ArgumentKind, value: number): Judgement =>
  PREDICATES[kind].isPlausible(value >>> 0) ? judgeBits(kind, value, ~value) : 'unknown';

/** `NonPagedPool`, `PAGE_EXECUTE_READ | PAGE_NOCACHE`. */
export const sourceName = (kind: ArgumentKind, value: number): string => PREDICATES[kind].words(value >>> 0);

/** `NonPagedPool (0)`, `PAGE_EXECUTE_READ (0x20)`. */
export function valueName(kind: ArgumentKind, value: number): string {
  const text = sourceName(kind, value);
  const digits = number(value >>> 0);
  return text === digits ? text : `${text} (${digits})`;
}

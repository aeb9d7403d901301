/** Numbers as every message and report writes them: 0x and lower-case digits; a flag word's sign bit is a bit. */
export const hex = (value: number): string => `0x${(value < 0 ? value >>> 0 : value).toString(16)}`;

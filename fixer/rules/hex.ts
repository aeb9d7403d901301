/** Numbers as the messages write them: 0x and uppercase digits, as in Microsoft's documents. */
export const hex = (value: number): string => `0x${(value >>> 0).toString(16).toUpperCase()}`;

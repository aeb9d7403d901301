/** The version that reports carry; a test holds it to package.json, which a bundle has no cheap way to read. */
export const VERSION = '0.1.0';

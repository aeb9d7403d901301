/** The call itself is wrong: an unknown option, a value that cannot be, an unusable configuration. Exit status 2. */
export class CallError extends Error {}

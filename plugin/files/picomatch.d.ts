// picomatch ships no types; this is the part that glob.ts uses.
declare module 'picomatch' {
  interface Options {
    readonly nocase?: boolean;
    readonly noextglob?: boolean;
    readonly nonegate?: boolean;
    readonly strictSlashes?: boolean;
  }
  export default function picomatch(pattern: string, options?: Options): (text: string) => boolean;
}

declare module 'node-gyp-build' {
  /** Loads the addon for this system from `folder/prebuilds`; throws where there is none. */
  function load(folder: string): unknown;
  export = load;
}

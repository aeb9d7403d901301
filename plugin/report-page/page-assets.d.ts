/** Made by .ci/build.mjs from client/ and style/; the hashes are those of the Content-Security-Policy. */
declare const assets: {
  readonly script: string;
  readonly style: string;
  readonly scriptHash: string;
  readonly styleHash: string;
};
export default assets;

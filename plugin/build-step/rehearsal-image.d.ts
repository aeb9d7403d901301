/** Made by .ci/build.mjs of samples/clean/clean.x64.sys: base64. */
declare const image: string;
export default image;

/** Made by the build from fixer/rules/*.md, so that a bundle needs no file beside it. */
declare const pageTexts: Readonly<Record<string, string>>;
export default pageTexts;

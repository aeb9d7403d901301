/** Names: which a folder walk takes for images, and which are our own. Apart from temporary.ts, which loads node:crypto. */

const imageExtension = /\.(?:sys|dll|exe|efi)$/i;
// The extension is kept behind `.tmp` where a program looks at it, as signing tools do.
const temporaryName = /^\.hvci-fix-[0-9a-f]{24}\.tmp(?:\.[A-Za-z0-9]{1,8})?$/;

/** Files named on the command line need no such name. */
export const isImageName = (name: string): boolean => imageExtension.test(name) && !isTemporaryName(name);

export const isTemporaryName = (name: string): boolean => temporaryName.test(name);

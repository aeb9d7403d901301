/** Names: which a folder walk takes for images, and which are our own. Apart from temporary.ts, which loads node:crypto. */

const packageExtension = /\.(?:inf|cab|zip)$/i;
const archiveExtension = /\.(?:cab|zip)$/i;
const imageExtension = /\.(?:sys|dll|exe|efi)$/i;
// The extension is kept behind `.tmp` where a program looks at it, as signing tools do.
const temporaryName = /^\.hvci-fix-[0-9a-f]{24}\.tmp(?:\.[A-Za-z0-9]{1,8})?$/;

/** Files named on the command line need no such name. */
export const isImageName = (name: string): boolean => imageExtension.test(name) && !isTemporaryName(name);

/** What stands for the images that it names or holds, where it is named itself; in folders such files are passed over. */
export const isPackageName = (name: string): boolean => packageExtension.test(name);

export const isArchiveName = (name: string): boolean => archiveExtension.test(name);

export const isTemporaryName = (name: string): boolean => temporaryName.test(name);

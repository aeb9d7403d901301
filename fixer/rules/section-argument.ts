/** A section's name in a sentence: it may be empty. */
export const nameInWords = (name: string): string => (name === '' ? '(no name)' : name);

/** A section's name as an argument that can be pasted into a shell or a linker command; `NAME` where it is no plain word. */
export const sectionArgument = (name: string): string => (/^[\w.$]+$/.test(name) ? name : 'NAME');

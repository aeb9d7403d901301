/** A section's name as an argument that can be pasted into a shell or a linker command; `NAME` where it is no plain word. */
export const sectionArgument = (name: string): string => (/^[\w.$]+$/.test(name) ? name : 'NAME');

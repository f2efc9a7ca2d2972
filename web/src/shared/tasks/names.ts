/** Returns true if a text is one of these names, which are the alternatives of a regular expression. */
export const isNamed = (names: string, text: string): boolean => new RegExp(`^(?:${names})$`, 'i').test(text)

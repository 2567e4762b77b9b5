// A word of a command that a user pastes into a shell.

/** `text` as one word, in quotes only where it needs them. */
export function shellWord(text: string): string {
  const plain = /^[\w./:@%+=,-]+$/.test(text) && !text.startsWith('-');
  return plain ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

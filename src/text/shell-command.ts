// Commands that a user pastes into a shell. Pure.

/** `text` as one word, in quotes only where it needs them. */
export function shellWord(text: string): string {
  const plain = /^[\w./:@%+=,-]+$/.test(text) && !text.startsWith('-');
  return plain ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that goes on with a run, to be pasted into a shell. */
export function resumeCommand(folder: string): string {
  return `lockstep train --resume ${shellWord(folder)}`;
}

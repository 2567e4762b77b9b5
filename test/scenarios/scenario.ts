// Text scenarios: lines of input, each followed by the effects it had, indented. Running a scenario writes its effects
// anew, so that a scenario holds if running it changes nothing. Lines that begin with # are kept as they are.

export type Player = (input: string) => readonly string[];

/** The same text, with the effects that the inputs have now. */
export function replay(text: string, player: Player): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (line !== '' && !line.startsWith('#')) lines.push(...player(line).map((effect) => `  ${effect}`));
  }
  return lines.join('\n');
}

/** "lost 2 because of frost" with the words "lost", "2" -> the rest. */
export function rest(words: readonly string[], from: number): string {
  return words.slice(from).join(' ');
}

/** `name=value` among words, as a number. */
export function option(words: readonly string[], name: string, otherwise: number): number {
  const word = words.find((one) => one.startsWith(`${name}=`));
  return word === undefined ? otherwise : Number(word.slice(name.length + 1));
}

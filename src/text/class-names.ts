// The names of folders, columns and labels that others made -> names of classes: on one line, not long, none empty, no two
// alike. Whoever writes them into a format still quotes them by the rules of that format. Pure.

import { printable } from './clean-text.ts';

/** Characters of a name, as code points. */
export const MOST_NAME = 64;
const cut = '...';
const nameless = '(no name)';

/** One a class, in the order of the classes. Where two would be alike, the later one says which it is: "cat", "cat (2)". */
export function classNames(raw: readonly string[]): string[] {
  const taken = new Set<string>();
  return raw.map((one) => {
    const name = nameOf(one);
    let own = name;
    for (let n = 2; taken.has(own); n++) own = shortened(name, ` (${n})`);
    taken.add(own);
    return own;
  });
}

/** Names in the order of their code points, which is that of their bytes in UTF-8; UTF-16, by which texts compare, has another. */
export function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A name as a file system has it, whose bytes need not be UTF-8, as text: what is none as `\xff`. */
export function textOfName(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    text += character === null ? `\\x${bytes[at]!.toString(16).padStart(2, '0')}` : character;
    at += character === null ? 1 : Buffer.byteLength(character);
  }
  return text;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** null where no character is. */
function characterAt(bytes: Uint8Array, at: number): string | null {
  const first = bytes[at]!;
  if (first < 0x80) return String.fromCharCode(first);
  try {
    return decoder.decode(bytes.subarray(at, at + (first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4)));
  } catch {
    return null;
  }
}

function nameOf(raw: string): string {
  // of a very long one no more is looked at than may be kept
  const name = printable(raw.slice(0, 4 * MOST_NAME)).trim();
  return name === '' ? nameless : shortened(name, '');
}

/** With `end` behind it, in at most so many characters. */
function shortened(name: string, end: string): string {
  const characters = [...name];
  const room = MOST_NAME - end.length;
  return (characters.length <= room ? name : characters.slice(0, room - cut.length).join('') + cut) + end;
}

// Text that came from elsewhere (other machines, file names, the environment, the system) -> text that can be printed: it
// starts no line of its own, moves no cursor, turns no reading direction, hides nothing, and tells no password. Pure.

import { hideCredentials } from './credentials.ts';

/**
 * Controls (C0, DEL, C1), format characters (reading direction, zero width, soft hyphen, tags), lone surrogates, line and
 * paragraph separators, and the letters that have no width.
 */
const hidden = /\u034f|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u17b4|\u17b5/gu;

/** One line for people: breaks and tabs become a blank, everything else that cannot be seen its number. */
export function printable(text: string): string {
  return hideCredentials(text.replaceAll(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ').replaceAll(hidden, numbered));
}

/** Lines for people: as `printable`, but for the breaks between them. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON with nothing in it that cannot be seen but its own line breaks: the same values, written in another way. */
export function visibleJson(json: string): string {
  return json.replaceAll(hidden, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()].map((i) => `\\u${hex(character.charCodeAt(i)).padStart(4, '0')}`).join(''),
  );
}

function numbered(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 256) return `\\x${hex(code).padStart(2, '0')}`;
  return code < 65_536 ? `\\u${hex(code).padStart(4, '0')}` : `\\u{${hex(code)}}`;
}

function hex(code: number): string {
  return code.toString(16);
}

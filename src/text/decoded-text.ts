// The bytes of a small file that a user wrote -> its text. Windows writes some in UTF-16 (PowerShell's >), and says so by a
// byte order mark. What cannot be decoded is refused, never replaced: two files that differ would count as the same. Pure.

/** `why`: to follow "it". */
export function decodeText(bytes: Uint8Array): { readonly text: string } | { readonly why: string } {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    // without its mark
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
  } catch {
    return { why: `is not ${encoding === 'utf-8' ? 'UTF-8' : 'UTF-16'} text` };
  }
}

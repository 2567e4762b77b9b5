// The bytes of a token file, or the text of LOCKSTEP_TOKEN -> the token, or why it is none. Two that differ must never count
// as the same: what cannot be decoded is refused, never replaced. Pure.

import { decodeText } from '../text/decoded-text.ts';
import { type Token, tokenOf } from './auth.ts';

/** Shorter ones are found by trying, by whoever saw a single proof. */
const LEAST_TOKEN_CHARACTERS = 8;
/** Below this rough measure of what it takes to guess it, a warning. */
const WEAK_BITS = 64;

export type TokenReading =
  | { readonly token: Token; readonly weak: boolean }
  /** To follow "There is no token in X: it". */
  | { readonly why: string };

export function readTokenBytes(bytes: Uint8Array): TokenReading {
  const decoded = decodeText(bytes);
  return 'why' in decoded ? decoded : readTokenText(decoded.text);
}

export function readTokenText(text: string): TokenReading {
  const token = tokenOf(text);
  if (token === null) return { why: 'is empty' };
  const characters = [...text.trim()];
  // of UTF-16 without a mark, every other byte
  if (/(?!\s)\p{Cc}/u.test(text)) return { why: 'holds control characters; is it text, in UTF-8?' };
  // the environment has it in place of what it could not decode, so that different tokens would be the same
  if (text.includes('\ufffd')) return { why: 'holds the sign for what is no valid text (U+FFFD)' };
  if (characters.length < LEAST_TOKEN_CHARACTERS) {
    return { why: `has ${characters.length} of at least ${LEAST_TOKEN_CHARACTERS} characters` };
  }
  return { token, weak: characters.length * Math.log2(new Set(characters).size) < WEAK_BITS };
}

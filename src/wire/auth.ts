// Proofs that both ends know the token, without sending it: HMAC-SHA256 over both ends' nonces, with a label for each
// direction, so that neither end's proof can be sent back to it. Draws no nonces and knows no headers.

import { createHmac, timingSafeEqual } from 'node:crypto';

/** The shared secret as bytes; never empty. */
export type Token = Uint8Array;

/** Text of a token file or LOCKSTEP_TOKEN -> token; white space around it is not part of it. null when nothing is left. */
export function tokenOf(text: string): Token | null {
  const trimmed = text.trim();
  return trimmed === '' ? null : new TextEncoder().encode(trimmed);
}

/** Both nonces as they travel, in base64url; their alphabet has no line feed, so no two pairs give the same text. */
export interface Nonces {
  readonly server: string;
  readonly node: string;
}

/** What the node sends: 43 characters of base64url. */
export function nodeProof(token: Token, nonces: Nonces): string {
  return proof(token, 'lockstep node 1', nonces);
}

/** What the coordinator answers. */
export function coordinatorProof(token: Token, nonces: Nonces): string {
  return proof(token, 'lockstep coordinator 1', nonces);
}

/** Takes a time that does not depend on where the two differ. */
export function proofsMatch(given: string, expected: string): boolean {
  const a = Buffer.from(given, 'latin1');
  const b = Buffer.from(expected, 'latin1');
  return a.length === b.length && timingSafeEqual(a, b);
}

function proof(token: Token, label: string, { server, node }: Nonces): string {
  return createHmac('sha256', token).update(`${label}\n${server}\n${node}`).digest('base64url');
}

// Pure: an HTTP upgrade request -> accept or refuse, with the headers of the answer. Decides who may open a WebSocket at
// all; writes nothing to a socket and has no clock.

import { coordinatorProof, nodeProof, proofsMatch, type Token } from '../../src/wire/auth.ts';
import {
  type ChallengeError,
  ENGINE_HEADER,
  PROOF_HEADER,
  REFUSAL_HEADER,
  readCredentials,
  writeChallenge,
} from '../../src/wire/auth-headers.ts';
import type { NonceBook } from '../../src/wire/nonces.ts';

export interface UpgradePolicy {
  /** null: no authentication, which is for loopback only. */
  readonly token: Token | null;
  readonly nonces: NonceBook;
  /** Origins that may connect from a web page, e.g. "https://example.org". Everything without an Origin may. */
  readonly allowedOrigins: ReadonlySet<string>;
  /** Name of the engine that the run computes with. */
  readonly engine: string;
}

export interface UpgradeRequest {
  /** The request's target. */
  readonly path: string;
  /** The headers Origin and Authorization. */
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

type RefusalStatus = 401 | 403 | 404 | 503;

export type UpgradeVerdict =
  | { readonly accepted: true; readonly headers: readonly string[] }
  | {
      readonly accepted: false;
      readonly status: RefusalStatus;
      readonly headers: readonly string[];
      /** For the body and the log. */
      readonly reason: string;
    };

/** @param random 16 fresh random bytes, for the nonce of a challenge */
export function judgeUpgrade(
  { path, origin, authorization }: UpgradeRequest,
  { token, nonces, allowedOrigins, engine }: UpgradePolicy,
  nowMs: number,
  random: Uint8Array,
): UpgradeVerdict {
  if (path !== '/') return refusal(404, 'path', [], 'nodes connect at /');
  if (origin !== undefined && !allowedOrigins.has(origin)) {
    return refusal(403, 'origin', [], 'the upgrade comes from a web page whose origin --allow-origin does not name');
  }
  const headers = [`${ENGINE_HEADER}: ${engine}`];
  if (token === null) return { accepted: true, headers };

  const challenge = (error: ChallengeError, reason: string): UpgradeVerdict =>
    refusal(
      401,
      'token',
      [`WWW-Authenticate: ${writeChallenge({ serverNonce: nonces.issue(nowMs, random), error })}`],
      reason,
    );

  const credentials = readCredentials(authorization);
  if (credentials === null) return challenge('none', 'a token is needed');
  const { serverNonce, nodeNonce, proof } = credentials;
  const both = { server: serverNonce, node: nodeNonce };
  const verdict = nonces.check(serverNonce, nowMs);
  if (verdict === 'stale') return challenge('stale', 'the nonce expired or was used');
  if (!proofsMatch(proof, nodeProof(token, both))) return challenge('wrong-proof', 'the token is not the same');
  if (verdict === 'full')
    return refusal(503, 'busy', ['Retry-After: 10'], 'too many nodes have connected in a short time');
  nonces.use(serverNonce);
  return { accepted: true, headers: [...headers, `${PROOF_HEADER}: ${coordinatorProof(token, both)}`] };
}

/** `mark`: by it a node knows that a coordinator speaks, and not a proxy in front of it. */
function refusal(status: RefusalStatus, mark: string, headers: readonly string[], reason: string): UpgradeVerdict {
  return { accepted: false, status, headers: [`${REFUSAL_HEADER}: ${mark}`, ...headers], reason };
}

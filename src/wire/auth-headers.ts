// The HTTP headers of the upgrade: how challenge, credentials and proof are written and read. Strict and short: what does
// not have exactly the form of PROTOCOL.md is null. Knows nothing of proofs' values.

/** On the 101: the engine that the run computes with; the node says hello with that one. */
export const ENGINE_HEADER = 'Lockstep-Engine';
/** On the 101, when there is a token: the coordinator's proof. */
export const PROOF_HEADER = 'Lockstep-Proof';

/** On every other answer: that it is a coordinator's own, and why in a word. No proxy makes it. */
export const REFUSAL_HEADER = 'Lockstep-Refusal';
/** A node's credentials, where the header Authorization is needed for a proxy before the coordinator. */
export const PROXIED_AUTHORIZATION_HEADER = 'Lockstep-Authorization';

/**
 * Why a 401 was given: `none` asks for credentials; `stale` means a nonce that expired or was used, so try again with the
 * new one; `wrong-proof` means that the tokens differ, and trying again is of no use.
 */
export type ChallengeError = 'none' | 'stale' | 'wrong-proof';

export interface Challenge {
  readonly serverNonce: string;
  readonly error: ChallengeError;
}

/** Value of WWW-Authenticate. */
export function writeChallenge({ serverNonce, error }: Challenge): string {
  return `Lockstep nonce="${serverNonce}", error="${error}"`;
}

export function readChallenge(value: string | undefined): Challenge | null {
  const match = /^Lockstep nonce="([\w-]{16,128})", error="(none|stale|wrong-proof)"$/.exec(value ?? '');
  return match === null ? null : { serverNonce: match[1]!, error: match[2] as ChallengeError };
}

export interface Credentials {
  readonly serverNonce: string;
  /** 32 random bytes of the node, base64url. */
  readonly nodeNonce: string;
  readonly proof: string;
}

/** Value of Authorization. */
export function writeCredentials({ serverNonce, nodeNonce, proof }: Credentials): string {
  return `Lockstep server-nonce="${serverNonce}", node-nonce="${nodeNonce}", proof="${proof}"`;
}

export function readCredentials(value: string | undefined): Credentials | null {
  const form = /^Lockstep server-nonce="([\w-]{16,128})", node-nonce="([\w-]{43})", proof="([\w-]{43})"$/;
  const match = form.exec(value ?? '');
  return match === null ? null : { serverNonce: match[1]!, nodeNonce: match[2]!, proof: match[3]! };
}

// The coordinator's nonces: short-lived, used once, and no memory for those that are never used. A nonce carries its own
// expiry under a key of this process, so a stranger who asks for a million of them costs nothing and crowds out nobody;
// only those that came back with a valid proof are remembered, until they expire. Has no clock and no randomness.

import { createHmac, timingSafeEqual } from 'node:crypto';

export interface NonceOptions {
  readonly lifetimeMs: number;
  /** How many used nonces are remembered; while they are so many, `use` says full. */
  readonly mostUsed: number;
}

const defaults: NonceOptions = { lifetimeMs: 10_000, mostUsed: 4_096 };

/** 16 random bytes, expiry in ms as a float64, HMAC-SHA256 of both. */
const RANDOM_BYTES = 16;
const BODY_BYTES = RANDOM_BYTES + 8;

export type NonceVerdict = 'good' | 'stale' | 'full';

export class NonceBook {
  readonly #key: Uint8Array;
  readonly #options: NonceOptions;
  /** Used nonce -> when it expires; in the order of use, which is nearly that of expiry. */
  readonly #used = new Map<string, number>();

  /** @param key 32 random bytes, of this process alone */
  constructor(key: Uint8Array, options: Partial<NonceOptions> = {}) {
    this.#key = key;
    this.#options = { ...defaults, ...options };
  }

  /**
   * @param nowMs of a clock that never goes back
   * @param random 16 bytes, never given twice
   */
  issue(nowMs: number, random: Uint8Array): string {
    if (random.length !== RANDOM_BYTES) throw new RangeError(`a nonce takes ${RANDOM_BYTES} random bytes`);
    const body = Buffer.alloc(BODY_BYTES);
    body.set(random);
    body.writeDoubleLE(nowMs + this.#options.lifetimeMs, RANDOM_BYTES);
    return Buffer.concat([body, this.#seal(body)]).toString('base64url');
  }

  /** Is it one of ours, not expired, and not used? A nonce of another process is stale: this one may have restarted. */
  check(nonce: string, nowMs: number): NonceVerdict {
    const expiryMs = this.#expiryOf(nonce);
    if (expiryMs === null || nowMs >= expiryMs || this.#used.has(nonce)) return 'stale';
    this.#forget(nowMs);
    return this.#used.size >= this.#options.mostUsed ? 'full' : 'good';
  }

  /** Marks a nonce that `check` called good; call it only when its proof was valid. */
  use(nonce: string): void {
    const expiryMs = this.#expiryOf(nonce);
    if (expiryMs !== null) this.#used.set(nonce, expiryMs);
  }

  #expiryOf(nonce: string): number | null {
    const bytes = Buffer.from(nonce, 'base64url');
    // One text for each nonce, or a used one could return in another spelling.
    if (bytes.length !== BODY_BYTES + 32 || bytes.toString('base64url') !== nonce) return null;
    const body = bytes.subarray(0, BODY_BYTES);
    return timingSafeEqual(this.#seal(body), bytes.subarray(BODY_BYTES)) ? body.readDoubleLE(RANDOM_BYTES) : null;
  }

  #seal(body: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update('lockstep nonce 1\n').update(body).digest();
  }

  #forget(nowMs: number): void {
    for (const [nonce, expiryMs] of this.#used) {
      if (nowMs >= expiryMs) this.#used.delete(nonce);
    }
  }
}

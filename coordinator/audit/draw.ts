// Pure: which answers are computed again. It follows from a key that nobody but the coordinator's process has, and is asked
// only when the answer is there: whoever sends one cannot know whether it will be looked at. Never from the run's seed, which
// every node is told.

import { createHmac } from 'node:crypto';

/** Bytes of the key: random ones of the process, which are never sent, logged or stored. */
export const AUDIT_KEY_BYTES = 32;

/** What an answer is drawn by: no other answer of the run has the same. */
export interface Drawn {
  readonly step: number;
  readonly attempt: number;
  /** Of shards; of an evaluation, the part with level 0. */
  readonly level: number;
  readonly index: number;
}

const BITS = 48;

/** Whether it belongs to the share (0 to 1) of all answers that are audited. */
export function isDrawn(key: Uint8Array, share: number, { step, attempt, level, index }: Drawn): boolean {
  const text = `${step} ${attempt} ${level} ${index}`;
  return (
    createHmac('sha256', key)
      .update(text)
      .digest()
      .readUIntBE(0, BITS / 8) <
    share * 2 ** BITS
  );
}

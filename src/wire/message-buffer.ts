// Memory for messages that is used again and again. Half a megabyte a message in fresh memory would have the garbage
// collector run every few steps, which costs more than the step's own work.

import type { MessagePieces } from './write-message.ts';

/** Puts the pieces in which a message was received one behind the other. */
export class ReceiveBuffer {
  #bytes: Uint8Array = new Uint8Array(0);

  /** @returns a view that holds until the next call: copy what is to stay */
  join(pieces: readonly Uint8Array[]): Uint8Array {
    if (pieces.length === 1) return pieces[0]!;
    const length = lengthOf(pieces);
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      this.#bytes.set(piece, at);
      at += piece.length;
    }
    return this.#bytes.subarray(0, length);
  }
}

export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

// Heads differ by a few bytes from message to message.
const SLACK_BYTES = 256;

/** Holds messages that are being sent, each until it has gone out. */
export class SendBuffers {
  readonly #free: Uint8Array[] = [];

  /**
   * Copies a message.
   * @returns its bytes, which stay as they are until `sent` is called
   */
  fill({ head, payload }: MessagePieces): { bytes: Uint8Array; sent: () => void } {
    const length = head.length + (payload?.length ?? 0);
    let buffer = this.#free.pop();
    if (buffer === undefined || buffer.length < length) buffer = new Uint8Array(length + SLACK_BYTES);
    buffer.set(head);
    if (payload !== null) buffer.set(payload, head.length);
    const used = buffer;
    return {
      bytes: used.subarray(0, length),
      sent: () => {
        this.#free.push(used);
      },
    };
  }
}

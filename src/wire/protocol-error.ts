// What the other end of a connection did wrong. It closes that connection and nothing else: the run goes on.

import { type CloseName, closeCodes, closeReason } from './close-codes.ts';

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly closeName: CloseName;
  /** The WebSocket close code that belongs to `closeName`. */
  readonly code: number;
  /** At most 123 bytes of UTF-8: what the close frame says. */
  readonly reason: string;

  constructor(closeName: CloseName, reason: string, options?: ErrorOptions) {
    const short = closeReason(reason);
    super(short, options);
    this.closeName = closeName;
    this.code = closeCodes[closeName].code;
    this.reason = short;
  }
}

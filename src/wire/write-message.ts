// A typed message -> the bytes of its frame. The counterpart of the two readers; checks nothing, since it is our own.

import { encodeHead } from './codec.ts';
import type { CoordinatorMessage, NodeMessage } from './messages.ts';

/**
 * The message in two pieces, to be sent as two fragments of one WebSocket message, or one after the other in one buffer.
 * The payload is the caller's own, not a copy: it must stay as it is until it was sent.
 */
export interface MessagePieces {
  readonly head: Uint8Array;
  /** null when there is none. */
  readonly payload: Uint8Array | null;
}

export function messagePieces(message: NodeMessage | CoordinatorMessage): MessagePieces {
  if (!('payload' in message)) return { head: encodeHead(message), payload: null };
  const { payload, ...header } = message;
  return { head: encodeHead(header), payload: payload.length === 0 ? null : payload };
}

// A typed message -> the bytes of its frame, and these onto a socket. The counterpart of the two readers; checks nothing,
// since it is our own.

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

/** A WebSocket of either end, as far as messages are given to it. */
export interface MessageSocket {
  send(data: Uint8Array, options: { fin: boolean }, sent?: () => void): void;
}

/** What it runs on: TCP or TLS. */
export interface Carrier {
  cork(): void;
  uncork(): void;
}

/**
 * Sends a message without a copy of its payload: as two fragments, and both in one write, since a first segment of a few
 * bytes would wake the other end for nothing.
 * @param sent called when the bytes have gone out, or never will: until then they must stay as they are
 */
export function sendMessage(
  socket: MessageSocket,
  carrier: Carrier,
  { head, payload }: MessagePieces,
  sent?: () => void,
): void {
  if (payload === null) return socket.send(head, { fin: true }, sent);
  carrier.cork();
  socket.send(head, { fin: false });
  socket.send(payload, { fin: true }, sent);
  carrier.uncork();
}

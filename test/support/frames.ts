// Whole messages in one piece, for tests that send or read them by hand.

import { encodeHead } from '../../src/wire/codec.ts';
import type { CoordinatorMessage, NodeMessage } from '../../src/wire/messages.ts';
import { messagePieces } from '../../src/wire/write-message.ts';

export function encodeFrame(header: object, payload: Uint8Array | null = null): Uint8Array {
  return joined(encodeHead(header), payload);
}

export function messageBytes(message: NodeMessage | CoordinatorMessage): Uint8Array {
  const { head, payload } = messagePieces(message);
  return joined(head, payload);
}

function joined(head: Uint8Array, payload: Uint8Array | null): Uint8Array {
  return payload === null ? head : new Uint8Array(Buffer.concat([head, payload]));
}

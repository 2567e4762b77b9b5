// What both readers check of a frame around its fields: the type's name, and how long the payload is.

import type { Frame } from './codec.ts';
import { asText } from './fields.ts';
import { ProtocolError } from './protocol-error.ts';

/** The header's type; fit to stand in an error. */
export function typeOf(frame: Frame): string {
  const { type } = frame.header;
  if (typeof type !== 'string') throw new ProtocolError('unknownType', 'a message without a type');
  return asText(type, 24);
}

/** Passes a message through whose frame must have no payload. */
export function noPayload<T extends { readonly type: string }>(frame: Frame, message: T): T {
  const { length } = frame.payload;
  if (length !== 0) throw new ProtocolError('badPayload', `${message.type} has no payload, got ${length} bytes`);
  return message;
}

/** Exactly `valueCount` float32 values, as bytes. */
export function valuesPayload(frame: Frame, valueCount: number): Uint8Array {
  const { length } = frame.payload;
  if (length !== 4 * valueCount) {
    throw new ProtocolError('badPayload', `${valueCount} float32 values are ${4 * valueCount} bytes, got ${length}`);
  }
  return frame.payload;
}

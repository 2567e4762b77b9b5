// What both readers check of a frame around its fields: the type's name, and how long the payload is.

import type { Frame } from './codec.ts';
import { asText } from './fields.ts';
import { ProtocolError } from './protocol-error.ts';

/** How each type of a direction's messages is read: the compiler asks for a row of each. */
export type Readers<Message extends { readonly type: string }, Known = void> = {
  readonly [T in Message['type']]: (frame: Frame, known: Known) => Extract<Message, { readonly type: T }>;
};

/** The reader of a frame's type. `sender`: who has no other. */
export function readerOf<Reader>(
  readers: { readonly [type: string]: Reader },
  { header: { type } }: Frame,
  sender: string,
): Reader {
  if (typeof type !== 'string') throw new ProtocolError('unknownType', 'a message without a type');
  // own rows only: a stranger may call a message "constructor"
  if (Object.hasOwn(readers, type)) return readers[type]!;
  throw new ProtocolError('unknownType', `${sender} sends no message of type "${asText(type, 24)}"`);
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

/** Float32 values that are packed: fewer bytes than `valueCount` of them have. What they hold is judged where they are unpacked. */
export function packedPayload(frame: Frame, valueCount: number): Uint8Array {
  const { length } = frame.payload;
  if (length === 0 || length >= 4 * valueCount) {
    throw new ProtocolError('badPayload', `packed values have 1 to ${4 * valueCount - 1} bytes, got ${length}`);
  }
  return frame.payload;
}

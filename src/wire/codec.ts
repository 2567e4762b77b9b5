// Frames: [u32 little-endian header length][msgpack map][zeros up to a multiple of 8][payload]. The one door to msgpackr.
// Knows nothing of what a header means.

import { Packr } from 'msgpackr/pack';
// The plain JavaScript build: the package's main entry would load a native string extractor where one is installed, and
// native code is the last thing that should see a stranger's bytes first.
import { messageOf } from '../errors.ts';
import { HEADER_BYTES, PAYLOAD_ALIGNMENT } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';
import { walkHeader } from './walker.ts';

/** What a header may hold: values that mean the same in every language. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  /** A view of the received message, owned by whoever owns that: copy what is to stay. May begin at any address. */
  readonly payload: Uint8Array;
}

const LENGTH_BYTES = 4;

const packr = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true, moreTypes: false });

/**
 * All that comes before the payload. A sender may send it and the payload as two fragments of one WebSocket message, and
 * so need not copy the payload.
 */
export function encodeHead(header: object): Uint8Array {
  const packed = packr.pack(header);
  if (packed.length > HEADER_BYTES)
    throw new RangeError(`header of ${packed.length} bytes, allowed are ${HEADER_BYTES}`);
  const head = new Uint8Array(payloadOffset(packed.length));
  new DataView(head.buffer).setUint32(0, packed.length, true);
  head.set(packed, LENGTH_BYTES);
  return head;
}

/**
 * A message in the pieces in which it was received. Head and payload in a piece each, as both ends send them, are not
 * copied; what came in others is joined first.
 * @throws ProtocolError (malformed) for anything but a legal frame
 */
export function decodePieces(pieces: readonly Uint8Array[]): Frame {
  const [head, payload] = pieces;
  if (pieces.length !== 2 || !isHead(head!)) return decodeFrame(pieces.length === 1 ? head! : Buffer.concat(pieces));
  return { header: decodeFrame(head!).header, payload: payload! };
}

/** The piece ends where its header does, padding included. */
function isHead(piece: Uint8Array): boolean {
  if (piece.length < LENGTH_BYTES) return false;
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  return payloadOffset(view.getUint32(0, true)) === piece.length;
}

/** @throws ProtocolError (malformed) for anything but a legal frame. */
export function decodeFrame(message: Uint8Array): Frame {
  if (message.length < LENGTH_BYTES) throw malformed(`a message of ${message.length} bytes`);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const length = view.getUint32(0, true);
  if (length > HEADER_BYTES) throw malformed(`a header of ${length} bytes, allowed are ${HEADER_BYTES}`);
  const start = payloadOffset(length);
  if (start > message.length) throw malformed('the message ends within its header');
  for (let at = LENGTH_BYTES + length; at < start; at++) {
    if (message[at] !== 0) throw malformed('the padding is not zero');
  }
  const header = message.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  walkHeader(header);
  return { header: unpack(header), payload: message.subarray(start) };
}

function unpack(header: Uint8Array): Record<string, unknown> {
  try {
    // A map by the walker's word.
    return packr.unpack(header) as Record<string, unknown>;
  } catch (cause) {
    // The walker lets through only what msgpackr decodes; should they ever differ, it is still only a bad frame.
    throw malformed(`the header cannot be decoded: ${messageOf(cause)}`);
  }
}

function payloadOffset(headerLength: number): number {
  return Math.ceil((LENGTH_BYTES + headerLength) / PAYLOAD_ALIGNMENT) * PAYLOAD_ALIGNMENT;
}

function malformed(reason: string): ProtocolError {
  return new ProtocolError('malformed', reason);
}

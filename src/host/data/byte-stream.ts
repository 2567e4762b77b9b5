// The bytes of a file, one after the other: as they stand, or unpacked. No more is read or unpacked than is asked for, and some
// hundred kilobytes. Knows nothing of what they mean.

import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { OpenFile } from '../files/read-file.ts';

export const PIECE_BYTES = 2 ** 18;
/** One read takes 2 GiB at the most; smaller ones can be waited for. */
export const MOST_READ = 2 ** 22;

export interface ByteStream {
  /** Fills `target` with the next bytes, and says how many there were: fewer only at the end. */
  fill(target: Uint8Array): Promise<number>;
  /** To be called once, whatever happened. */
  close(): Promise<void>;
}

/** The next bytes as a new array: as many, or all there are. */
export async function take(stream: ByteStream, bytes: number): Promise<Uint8Array> {
  const target = new Uint8Array(bytes);
  return target.subarray(0, await stream.fill(target));
}

/** A file as it stands, from where its handle is; it is closed with it. */
export function plainBytes({ handle }: OpenFile): ByteStream {
  const fill = async (target: Uint8Array) => {
    let filled = 0;
    while (filled < target.length) {
      const { bytesRead } = await handle.read(target, filled, Math.min(target.length - filled, MOST_READ), null);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  };
  return { fill, close: () => handle.close() };
}

/** Some bytes that were taken too early, and then the rest. */
export function preceded(first: Uint8Array, rest: ByteStream): ByteStream {
  let left = first;
  const fill = async (target: Uint8Array) => {
    const now = left.subarray(0, target.length);
    target.set(now);
    left = left.subarray(now.length);
    return now.length + (now.length < target.length ? await rest.fill(target.subarray(now.length)) : 0);
  };
  return { fill, close: () => rest.close() };
}

/** What comes in pieces. `close` is called besides. */
export function ofPieces(pieces: AsyncIterator<Uint8Array>, close: () => Promise<void>): ByteStream {
  let left: Uint8Array = new Uint8Array(0);
  const fill = async (target: Uint8Array) => {
    let filled = 0;
    while (filled < target.length) {
      if (left.length === 0) {
        const { value, done } = await pieces.next();
        if (done) break;
        left = value;
        continue;
      }
      const now = left.subarray(0, target.length - filled);
      target.set(now, filled);
      left = left.subarray(now.length);
      filled += now.length;
    }
    return filled;
  };
  return {
    fill,
    close: async () => {
      await pieces.return?.(undefined);
      await close();
    },
  };
}

/** Members one after the other and zeros behind them are part of the format; anything else behind them is an error. */
export function gunzipped(packed: ByteStream): ByteStream {
  return unpacked(packed, createGunzip({ chunkSize: PIECE_BYTES }));
}

/** `packed` is closed with it. */
export function unpacked(packed: ByteStream, unpacking: Transform): ByteStream {
  return ofPieces(through(piecesOf(packed), unpacking), () => packed.close());
}

async function* through(packed: AsyncIterable<Uint8Array>, unpacking: Transform): AsyncGenerator<Uint8Array> {
  // it fails where the reading below fails
  pipeline(Readable.from(packed), unpacking).catch(() => undefined);
  try {
    yield* unpacking;
  } finally {
    unpacking.destroy();
  }
}

async function* piecesOf(stream: ByteStream): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = await take(stream, PIECE_BYTES);
    if (piece.length === 0) return;
    yield piece;
  }
}

// A page packed with gzip, unpacked to just as many bytes as were promised: a page that says otherwise is refused, and no more
// memory is taken than it promised.

import { gunzipSync } from 'node:zlib';
import { damaged } from './thrift.ts';

/** A byte of deflate becomes so many at the most. */
const MOST_TIMES = 1032;

/** @throws ParquetError */
export function gunzipPage(packed: Uint8Array, length: number): Uint8Array {
  if (length > MOST_TIMES * packed.length) throw damaged();
  const bytes = unpacked(packed, length);
  if (bytes.length !== length) throw damaged();
  return bytes;
}

function unpacked(packed: Uint8Array, length: number): Uint8Array {
  try {
    return gunzipSync(packed, { maxOutputLength: Math.max(1, length) });
  } catch {
    // too much in it, cut off, or something else altogether
    throw damaged();
  }
}

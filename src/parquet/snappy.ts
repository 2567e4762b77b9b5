// Snappy's raw format (github.com/google/snappy, format_description.txt), unpacked to just as many bytes as were promised: a file
// that says otherwise is refused, and none makes it run on or write elsewhere.

import { ParquetError } from './thrift.ts';

/** Three bytes copy 64 at the most. */
const MOST_TIMES = 22;

/** @throws ParquetError */
export function unsnappy(packed: Uint8Array, length: number): Uint8Array {
  if (length > MOST_TIMES * packed.length) throw damaged();
  const bytes = new Uint8Array(length);
  let [at, end] = [0, 0];
  const number = (size: number) => {
    let value = 0;
    for (let i = 0; i < size; i++) value += (packed[at++] ?? Number.NaN) * 256 ** i;
    return value;
  };
  // its own length comes first, seven bits a byte
  while (packed[at++]! >= 128) if (at > 5) throw damaged();
  while (at < packed.length) {
    const tag = packed[at++]!;
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const size = (short < 60 ? short : number(short - 59)) + 1;
      if (!(size <= length - end && size <= packed.length - at)) throw damaged();
      bytes.set(packed.subarray(at, at + size), end);
      [at, end] = [at + size, end + size];
      continue;
    }
    const isNear = (tag & 3) === 1;
    const size = isNear ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = isNear ? (tag >> 5) * 256 + number(1) : number((tag & 3) === 2 ? 2 : 4);
    if (!(back > 0 && back <= end && size <= length - end)) throw damaged();
    // what is copied may go on into itself
    if (back >= size) bytes.copyWithin(end, end - back, end - back + size);
    else for (let i = 0; i < size; i++) bytes[end + i] = bytes[end + i - back]!;
    end += size;
  }
  if (end !== length) throw damaged();
  return bytes;
}

function damaged(): ParquetError {
  return new ParquetError('it is damaged: what is packed in it is not what it should be');
}

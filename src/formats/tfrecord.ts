// TFRecord, the file format of TensorFlow: a record is its length (8 bytes, little-endian), a checksum of that, the data, and
// a checksum of them. So a reader tells a record that was not written to its end from a whole one.
// https://www.tensorflow.org/tutorials/load_data/tfrecord

const HEAD_BYTES = 12;
const CHECKSUM_BYTES = 4;

export function tfRecord(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + data.length + CHECKSUM_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, HEAD_BYTES);
  view.setUint32(HEAD_BYTES + data.length, masked(crc32c(data)), true);
  return bytes;
}

/** A checksum of data that may hold checksums themselves. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The CRC of Castagnoli's polynomial, as in RFC 3720; node:zlib has another's. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}

const POLYNOMIAL_REVERSED = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL_REVERSED : crc >>> 1;
  return crc;
});

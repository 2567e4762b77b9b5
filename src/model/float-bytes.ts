// Parameters as the bytes that files and digests hold: little-endian float32, whatever the machine.

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A view of them where the machine is little-endian, else a copy. Bit for bit: a NaN that passes through a float may change. */
export function floatBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (isLittleEndian) return bytes;
  const copy = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) copy[i] = bytes[i ^ 3]!;
  return copy;
}

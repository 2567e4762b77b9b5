// Protocol Buffers on the wire, as far as we write them: fields -> bytes. Knows no message of anybody's.
//
// Fields come in any order, each a key (number << 3 | kind) and a varint (kind 0), eight bytes (kind 1), a length and bytes
// (kind 2), or four bytes (kind 5). https://protobuf.dev/programming-guides/encoding/

export function message(...fields: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of fields) {
    bytes.set(one, at);
    at += one.length;
  }
  return bytes;
}

/** Bytes, or a message within another. */
export function field(key: number, content: Uint8Array): Uint8Array {
  return message(varint(key * 8 + 2), varint(content.length), content);
}

export function text(key: number, content: string): Uint8Array {
  return field(key, new TextEncoder().encode(content));
}

/** A whole number from 0 on. */
export function number(key: number, value: number): Uint8Array {
  return message(varint(key * 8), varint(value));
}

export function float64(key: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return message(varint(key * 8 + 1), bytes);
}

export function float32(key: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return message(varint(key * 8 + 5), bytes);
}

/** Seven bits a byte, the lowest first; whole numbers from 0 on. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

// In which tensors two states differ, as bits. Pure.

import type { Tensor } from '../formats/safetensors.ts';

export interface TensorDifference {
  /** PyTorch's; of a moment with .exp_avg or .exp_avg_sq behind it. */
  readonly name: string;
  /** Values that differ, and how many it has. */
  readonly differing: number;
  readonly of: number;
  /** The first of them: its place in row-major order, and both values. */
  readonly first: { readonly index: number; readonly a: number; readonly b: number };
}

export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return bytesOf(a).equals(bytesOf(b));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** In the order of `a`'s. null: they are not the tensors of one network. */
export function tensorDifferences(a: readonly Tensor[], b: readonly Tensor[]): readonly TensorDifference[] | null {
  const others = new Map(b.map((tensor) => [tensor.name, tensor]));
  const found: TensorDifference[] = [];
  for (const { name, shape, data } of a) {
    const other = others.get(name);
    if (other === undefined || String(other.shape) !== String(shape)) return null;
    if (sameBits(data, other.data)) continue;
    const [bits, otherBits] = [data, other.data].map(bitsOf) as [Uint32Array, Uint32Array];
    const places = [...bits.keys()].filter((i) => bits[i] !== otherBits[i]);
    const index = places[0]!;
    const first = { index, a: data[index]!, b: other.data[index]! };
    found.push({ name, differing: places.length, of: data.length, first });
  }
  return found;
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

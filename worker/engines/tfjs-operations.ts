// TensorFlow's operations by the native binding itself. tfjs-core would add its own objects, scopes and lists of what gradients
// may need: as much time as the operations of small layers take (TFJS.md). It also has no names for some of them.
// Knows no network.

import type { Binding, OpAttribute } from './tfjs-node.ts';

/** A matrix or vector of float32 that TensorFlow has. */
export type TensorId = number;

export class TfjsOperations {
  readonly #binding: Binding;
  readonly #type: readonly OpAttribute[];
  /** For both matrices as they are, the first one transposed, the second one transposed. */
  readonly #products: Record<'asTheyAre' | 'first' | 'second', readonly OpAttribute[]>;
  /** Made since the last `free`. */
  readonly #made: TensorId[] = [];

  constructor(binding: Binding) {
    this.#binding = binding;
    const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
    const flag = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value });
    const product = (first: boolean, second: boolean) => [
      type,
      flag('transpose_a', first),
      flag('transpose_b', second),
    ];
    this.#type = [type];
    this.#products = {
      asTheyAre: product(false, false),
      first: product(true, false),
      second: product(false, true),
    };
  }

  /**
   * Values that TensorFlow reads in place where they are aligned to 64 bytes, so that they may not change until the tensor is
   * gone. It stands until `dispose`.
   */
  lasting(values: Float32Array, shape: readonly number[]): TensorId {
    return this.#binding.createTensor(shape, this.#binding.TF_FLOAT, values);
  }

  dispose(tensor: TensorId): void {
    this.#binding.deleteTensor(tensor);
  }

  /** The same, until `free`. */
  tensor(values: Float32Array, shape: readonly number[]): TensorId {
    return this.#keep(this.lasting(values, shape));
  }

  product(a: TensorId, b: TensorId, transposed: 'asTheyAre' | 'first' | 'second' = 'asTheyAre'): TensorId {
    return this.#execute('MatMul', this.#products[transposed], [a, b]);
  }

  /** A vector added to each row. */
  addToRows(matrix: TensorId, vector: TensorId): TensorId {
    return this.#execute('BiasAdd', this.#type, [matrix, vector]);
  }

  sumOfRows(matrix: TensorId): TensorId {
    return this.#execute('BiasAddGrad', this.#type, [matrix]);
  }

  relu(matrix: TensorId): TensorId {
    return this.#execute('Relu', this.#type, [matrix]);
  }

  /** The gradient by what went into ReLU, from that by `output`, which came out. */
  reluGradient(gradient: TensorId, output: TensorId): TensorId {
    return this.#execute('ReluGrad', this.#type, [gradient, output]);
  }

  /** A copy of a tensor's values. */
  read(tensor: TensorId): Float32Array {
    return this.#binding.tensorDataSync(tensor);
  }

  /** Frees all that was made since the last time, and is not lasting. */
  free(): void {
    for (const tensor of this.#made) this.#binding.deleteTensor(tensor);
    this.#made.length = 0;
  }

  #execute(name: string, attributes: readonly OpAttribute[], inputs: readonly TensorId[]): TensorId {
    return this.#keep(this.#binding.executeOp(name, attributes, inputs, 1)[0]!.id);
  }

  #keep(tensor: TensorId): TensorId {
    this.#made.push(tensor);
    return tensor;
  }
}

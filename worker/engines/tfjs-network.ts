// The perceptron in TensorFlow: loss and gradient of a matrix of samples, written out. Each sample ends in a 1, so that the
// first layer's bias is one more row of its weights, as in kernel order: one product adds it, and another gives both gradients.
// Knows no shards, steps or memory plan.

import type { Layer } from '../../src/model/layout.ts';
import type { Sums } from '../../src/sums.ts';
import { crossEntropy } from './cross-entropy.ts';
import { bindingOf, type Tensorflow } from './tfjs-node.ts';
import { type TensorId, TfjsOperations } from './tfjs-operations.ts';

const noSums: Sums = { lossSum: 0, correctCount: 0, sampleCount: 0 };

export class TfjsNetwork {
  readonly #operations: TfjsOperations;
  readonly #layers: readonly Layer[];
  /** The first layer's bias is in its weights. */
  #parameters: { readonly weight: TensorId; readonly bias: TensorId | null }[] = [];

  constructor(tf: Tensorflow, layers: readonly Layer[]) {
    this.#operations = new TfjsOperations(bindingOf(tf));
    this.#layers = layers;
  }

  /** What later calls compute with, in kernel order. TensorFlow may read in place: the vector may not change until then. */
  setParameters(vector: Float32Array): void {
    this.#disposeParameters();
    this.#parameters = this.#layers.map((layer, l) => {
      const { inputs, outputs, stride, offset } = layer;
      const rows = l === 0 ? inputs + 1 : inputs;
      const bias = offset + inputs * stride;
      return {
        weight: this.#operations.lasting(unpadded(vector, layer, rows), [rows, outputs]),
        bias: l === 0 ? null : this.#operations.lasting(vector.subarray(bias, bias + outputs), [outputs]),
      };
    });
  }

  /** Writes the gradient sum, in kernel order, into the whole of `gradient`. The samples are rows, one for each label. */
  computeGradient(samples: Float32Array, labels: Uint8Array, gradient: Float32Array): Sums {
    if (labels.length === 0) {
      gradient.fill(0);
      return noSums;
    }
    const operations = this.#operations;
    try {
      const activations = this.#forward(samples, labels.length);
      const logits = operations.read(activations.at(-1)!);
      const sums = crossEntropy(logits, labels);
      let delta = operations.tensor(logits, [labels.length, this.#layers.at(-1)!.outputs]);
      for (let l = this.#layers.length - 1; l >= 0; l--) {
        const layer = this.#layers[l]!;
        store(operations.read(operations.product(activations[l]!, delta, 'first')), layer, 0, gradient);
        if (l === 0) break;
        store(operations.read(operations.sumOfRows(delta)), layer, layer.inputs, gradient);
        const { weight } = this.#parameters[l]!;
        delta = operations.reluGradient(operations.product(delta, weight, 'second'), activations[l]!);
      }
      return sums;
    } finally {
      operations.free();
    }
  }

  evaluate(samples: Float32Array, labels: Uint8Array): Sums {
    try {
      return crossEntropy(this.#operations.read(this.#forward(samples, labels.length).at(-1)!), labels);
    } finally {
      this.#operations.free();
    }
  }

  close(): void {
    this.#disposeParameters();
  }

  /** The samples, each hidden layer's activations, the logits. */
  #forward(samples: Float32Array, count: number): TensorId[] {
    const operations = this.#operations;
    const activations = [operations.tensor(samples, [count, this.#layers[0]!.inputs + 1])];
    this.#parameters.forEach(({ weight, bias }, l) => {
      const product = operations.product(activations[l]!, weight);
      const sum = bias === null ? product : operations.addToRows(product, bias);
      activations.push(l === this.#layers.length - 1 ? sum : operations.relu(sum));
    });
    return activations;
  }

  #disposeParameters(): void {
    for (const { weight, bias } of this.#parameters) {
      this.#operations.dispose(weight);
      if (bias !== null) this.#operations.dispose(bias);
    }
    this.#parameters = [];
  }
}

/** A layer's first rows without padding: a view where there is none. */
function unpadded(vector: Float32Array, { outputs, stride, offset }: Layer, rows: number): Float32Array {
  if (stride === outputs) return vector.subarray(offset, offset + rows * stride);
  const values = new Float32Array(rows * outputs);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < outputs; j++) values[i * outputs + j] = vector[offset + i * stride + j]!;
  }
  return values;
}

/** Writes rows of a layer's gradient, from its row `first` on, into a vector in kernel order, padding as 0. */
function store(rows: Float32Array, { outputs, stride, offset }: Layer, first: number, vector: Float32Array): void {
  let at = offset + first * stride;
  if (stride === outputs) {
    vector.set(rows, at);
    return;
  }
  for (let from = 0; from < rows.length; from += outputs, at += stride) {
    // rows are short: a view of each would take longer
    for (let j = 0; j < outputs; j++) vector[at + j] = rows[from + j]!;
    vector.fill(0, at + outputs, at + stride);
  }
}

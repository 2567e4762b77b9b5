// The perceptron in TensorFlow.js: loss and gradient of a matrix of samples. The gradient is written out, not traced:
// variableGrads takes 1.3 to 2 times as long. Nor are the products fused with bias and ReLU: with TensorFlow 2.21 that takes
// up to 1.4 times as long (TFJS.md has the figures). Knows no shards, steps or memory plan.

import type { Layer } from '../../src/model/layout.ts';
import type { Sums } from '../../src/sums.ts';
import type { Tensor1D, Tensor2D, Tensorflow } from './tfjs-node.ts';

export class TfjsNetwork {
  readonly #tf: Tensorflow;
  readonly #layers: readonly Layer[];
  #parameters: { readonly weight: Tensor2D; readonly bias: Tensor1D }[] = [];
  /** A row of ones for each number of samples that was seen: as many as there are sizes of shards. */
  readonly #ones = new Map<number, Tensor2D>();

  constructor(tf: Tensorflow, layers: readonly Layer[]) {
    this.#tf = tf;
    this.#layers = layers;
  }

  /** What later calls compute with, in kernel order. TensorFlow may read in place: the vector may not change until then. */
  setParameters(vector: Float32Array): void {
    this.#disposeParameters();
    this.#parameters = this.#layers.map((layer) => {
      const { inputs, outputs, stride, offset } = layer;
      const bias = offset + inputs * stride;
      return {
        weight: this.#tf.tensor2d(weightRows(vector, layer), [inputs, outputs]),
        bias: this.#tf.tensor1d(vector.subarray(bias, bias + outputs)),
      };
    });
  }

  /** Writes the gradient sum, in kernel order, into the whole of `gradient`. The samples are rows, one for each label. */
  computeGradient(samples: Float32Array, labels: Uint8Array, gradient: Float32Array): Sums {
    if (labels.length === 0) {
      gradient.fill(0);
      return { lossSum: 0, correctCount: 0, sampleCount: 0 };
    }
    return this.#scoped(() => {
      const tf = this.#tf;
      const activations = this.#forward(samples, labels.length);
      const logits = activations.at(-1)!;
      const sums = sumsOf(logits.dataSync() as Float32Array, labels);
      const { outputs } = this.#layers.at(-1)!;
      let delta: Tensor2D = tf.sub(tf.softmax(logits), tf.tensor2d(oneHot(labels, outputs), [labels.length, outputs]));
      for (let l = this.#layers.length - 1; l >= 0; l--) {
        const input = activations[l]!;
        const weight = tf.matMul(input, delta, true, false);
        const bias = tf.matMul(this.#onesFor(labels.length), delta);
        store(weight.dataSync() as Float32Array, bias.dataSync() as Float32Array, this.#layers[l]!, gradient);
        // after ReLU the sign is 1 where it let through, and 0 where it did not
        if (l > 0) delta = tf.mul(tf.matMul(delta, this.#parameters[l]!.weight, false, true), tf.sign(input));
      }
      return sums;
    });
  }

  evaluate(samples: Float32Array, labels: Uint8Array): Sums {
    return this.#scoped(() => {
      const logits = this.#forward(samples, labels.length).at(-1)!;
      return sumsOf(logits.dataSync() as Float32Array, labels);
    });
  }

  close(): void {
    this.#disposeParameters();
    for (const ones of this.#ones.values()) ones.dispose();
    this.#ones.clear();
  }

  /** The samples, each hidden layer's activations, the logits. */
  #forward(samples: Float32Array, count: number): Tensor2D[] {
    const tf = this.#tf;
    const activations = [tf.tensor2d(samples, [count, this.#layers[0]!.inputs])];
    this.#parameters.forEach(({ weight, bias }, l) => {
      const sum = tf.add<Tensor2D>(tf.matMul(activations[l]!, weight), bias);
      activations.push(l === this.#layers.length - 1 ? sum : tf.relu(sum));
    });
    return activations;
  }

  /** Runs `work` and frees its tensors. tf.tidy would also walk what is returned, element by element. */
  #scoped<T>(work: () => T): T {
    const engine = this.#tf.engine();
    engine.startScope();
    try {
      return work();
    } finally {
      engine.endScope();
    }
  }

  #onesFor(count: number): Tensor2D {
    let ones = this.#ones.get(count);
    if (!ones) {
      ones = this.#tf.keep(this.#tf.ones([1, count]) as Tensor2D);
      this.#ones.set(count, ones);
    }
    return ones;
  }

  #disposeParameters(): void {
    for (const { weight, bias } of this.#parameters) {
      weight.dispose();
      bias.dispose();
    }
    this.#parameters = [];
  }
}

/** A layer's weights without padding: a view where there is none. */
function weightRows(vector: Float32Array, { inputs, outputs, stride, offset }: Layer): Float32Array {
  if (stride === outputs) return vector.subarray(offset, offset + inputs * stride);
  const rows = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i++) {
    rows.set(vector.subarray(offset + i * stride, offset + i * stride + outputs), i * outputs);
  }
  return rows;
}

/** Writes a layer's gradient into a vector in kernel order, padding as 0. */
function store(weight: Float32Array, bias: Float32Array, layer: Layer, vector: Float32Array): void {
  const { inputs, outputs, stride, offset } = layer;
  if (stride === outputs) {
    vector.set(weight, offset);
  } else {
    vector.fill(0, offset, offset + (inputs + 1) * stride);
    for (let i = 0; i < inputs; i++) vector.set(weight.subarray(i * outputs, (i + 1) * outputs), offset + i * stride);
  }
  vector.set(bias, offset + inputs * stride);
}

function oneHot(labels: Uint8Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, sample) => {
    rows[sample * classes + label] = 1;
  });
  return rows;
}

/** Cross-entropy (nats) and correct predictions, in float64 and in the order of the samples. They never reach the weights. */
function sumsOf(logits: Float32Array, labels: Uint8Array): Sums {
  const classes = logits.length / labels.length;
  let lossSum = 0;
  let correctCount = 0;
  labels.forEach((label, sample) => {
    const row = logits.subarray(sample * classes, (sample + 1) * classes);
    let best = 0;
    for (let c = 1; c < classes; c++) if (row[c]! > row[best]!) best = c;
    const largest = row[best]!;
    let total = 0;
    for (let c = 0; c < classes; c++) total += Math.exp(row[c]! - largest);
    lossSum += Math.log(total) - (row[label]! - largest);
    correctCount += best === label ? 1 : 0;
  });
  return { lossSum, correctCount, sampleCount: labels.length };
}

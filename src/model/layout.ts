// The model's shape: a multilayer perceptron as fully connected layers in one flat Float32Array, in two orders.
// Canonical order is PyTorch's: for each layer weight (out rows of in), then bias; it is what digests, files and the
// library's callers see. Kernel order is what the kernels, the optimizer and the wire use: for each layer `inputs` rows
// of `stride` values (the outputs, padded with zeros), then the bias as one more such row.

export interface Layer {
  /** PyTorch's name, fc1 and on. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** The length of a row in kernel order: whole vectors of four outputs, and more where rows would disturb each other. */
  readonly stride: number;
  /** Offset (in float32 values) of the layer in kernel order, and in canonical order. */
  readonly offset: number;
  readonly canonicalOffset: number;
}

export interface Layout {
  readonly layers: readonly Layer[];
  /** Values in kernel order, padding included. */
  readonly size: number;
  /** Parameters of the model: values in canonical order. */
  readonly parameters: number;
}

/** The layout of a perceptron with these widths, e.g. [784, 128, 64, 10]. */
export function layoutOf(widths: readonly number[]): Layout {
  const layers: Layer[] = [];
  let offset = 0;
  let canonicalOffset = 0;
  for (let l = 0; l + 1 < widths.length; l++) {
    const inputs = widths[l]!;
    const outputs = widths[l + 1]!;
    const stride = strideOf(outputs);
    layers.push({ name: `fc${l + 1}`, inputs, outputs, stride, offset, canonicalOffset });
    offset += (inputs + 1) * stride;
    canonicalOffset += (inputs + 1) * outputs;
  }
  return { layers, size: offset, parameters: canonicalOffset };
}

/**
 * Rows of whole two KiB have the same columns in the same few places of a cache, and would push each other out of it: a cache line
 * more sets them apart.
 */
function strideOf(outputs: number): number {
  const vectors = (outputs + 3) & ~3;
  return vectors % 512 === 0 ? vectors + 16 : vectors;
}

/** The widths that the layout was made of. */
export function widthsOf({ layers }: Layout): number[] {
  return [layers[0]!.inputs, ...layers.map(({ outputs }) => outputs)];
}

/** Copies canonical order into kernel order; padding becomes 0. Both are whole models. */
export function toKernelOrder(layout: Layout, canonical: Float32Array, kernel: Float32Array): void {
  kernel.fill(0);
  for (const { inputs, outputs, stride, offset, canonicalOffset } of layout.layers) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) kernel[offset + i * stride + o] = canonical[canonicalOffset + o * inputs + i]!;
      kernel[offset + inputs * stride + o] = canonical[canonicalOffset + outputs * inputs + o]!;
    }
  }
}

/** Copies kernel order into a new array of canonical order. */
export function toCanonicalOrder(layout: Layout, kernel: Float32Array): Float32Array {
  const canonical = new Float32Array(layout.parameters);
  for (const { inputs, outputs, stride, offset, canonicalOffset } of layout.layers) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) canonical[canonicalOffset + o * inputs + i] = kernel[offset + i * stride + o]!;
      canonical[canonicalOffset + outputs * inputs + o] = kernel[offset + inputs * stride + o]!;
    }
  }
  return canonical;
}

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The model's tensors in canonical order, as views: fc1.weight (out, in), fc1.bias (out), and on. */
export function namedTensors(layout: Layout, canonical: Float32Array): NamedTensor[] {
  return layout.layers.flatMap(({ name, inputs, outputs, canonicalOffset }) => {
    const bias = canonicalOffset + inputs * outputs;
    return [
      { name: `${name}.weight`, shape: [outputs, inputs], data: canonical.subarray(canonicalOffset, bias) },
      { name: `${name}.bias`, shape: [outputs], data: canonical.subarray(bias, bias + outputs) },
    ];
  });
}

// The slow, obvious twin of the gradient kernels: float64, dense, one sample after the other, as the textbook has it.

export interface SlowNetwork {
  /** Widths from input to classes. */
  readonly widths: readonly number[];
  /** Canonical order: weight (out x in), bias, and on. */
  readonly parameters: ArrayLike<number>;
}

export interface SlowResult {
  readonly gradient: Float64Array;
  readonly lossSum: number;
  readonly correctCount: number;
}

/** Sums over the images: rows of pixels 0 to 255, normalised as (p / 255 - mean) / std. */
export function slowGradient(
  { widths, parameters }: SlowNetwork,
  images: Uint8Array,
  labels: Uint8Array,
  { mean, std } = { mean: 0.5, std: 0.5 },
): SlowResult {
  const gradient = new Float64Array(parameters.length);
  let lossSum = 0;
  let correctCount = 0;
  const inputs = widths[0]!;
  labels.forEach((label, sample) => {
    const pixels = images.subarray(sample * inputs, (sample + 1) * inputs);
    const activations: number[][] = [Array.from(pixels, (p) => (p / 255 - mean) / std)];
    const offsets: number[] = [];
    let offset = 0;
    for (let l = 0; l + 1 < widths.length; l++) {
      const [fanIn, fanOut] = [widths[l]!, widths[l + 1]!];
      offsets.push(offset);
      const last = l + 2 === widths.length;
      activations.push(
        Array.from({ length: fanOut }, (_, o) => {
          let sum = parameters[offset + fanIn * fanOut + o]!;
          for (let i = 0; i < fanIn; i++) sum += parameters[offset + o * fanIn + i]! * activations[l]![i]!;
          return last ? sum : Math.max(0, sum);
        }),
      );
      offset += (fanIn + 1) * fanOut;
    }
    const logits = activations.at(-1)!;
    const largest = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    lossSum += Math.log(total) + largest - logits[label]!;
    correctCount += logits.indexOf(largest) === label ? 1 : 0;
    let delta = logits.map((logit, c) => Math.exp(logit - largest) / total - (c === label ? 1 : 0));
    for (let l = widths.length - 2; l >= 0; l--) {
      const [fanIn, fanOut] = [widths[l]!, widths[l + 1]!];
      const before: number[] = Array.from({ length: fanIn }, () => 0);
      for (let o = 0; o < fanOut; o++) {
        for (let i = 0; i < fanIn; i++) {
          gradient[offsets[l]! + o * fanIn + i]! += delta[o]! * activations[l]![i]!;
          before[i]! += delta[o]! * parameters[offsets[l]! + o * fanIn + i]!;
        }
        gradient[offsets[l]! + fanIn * fanOut + o]! += delta[o]!;
      }
      delta = before.map((value, i) => (activations[l]![i]! > 0 ? value : 0));
    }
  });
  return { gradient, lossSum, correctCount };
}

/** The probabilities of one image's classes. */
export function slowForward({ widths, parameters }: SlowNetwork, pixels: Uint8Array): number[] {
  let values = Array.from(pixels, (p) => (p / 255 - 0.5) / 0.5);
  let offset = 0;
  for (let l = 0; l + 1 < widths.length; l++) {
    const [fanIn, fanOut] = [widths[l]!, widths[l + 1]!];
    values = Array.from({ length: fanOut }, (_, o) => {
      let sum = parameters[offset + fanIn * fanOut + o]!;
      for (let i = 0; i < fanIn; i++) sum += parameters[offset + o * fanIn + i]! * values[i]!;
      return l + 2 === widths.length ? sum : Math.max(0, sum);
    });
    offset += (fanIn + 1) * fanOut;
  }
  const largest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const total = exponentials.reduce((sum, e) => sum + e, 0);
  return exponentials.map((e) => e / total);
}

// Figures of a model on samples: sums inside, so that they add up whoever has computed them, and means at the edge. Pure.

/** Sums over samples; means are taken only at the edge, by `meansOf`. */
export interface Sums {
  readonly lossSum: number;
  readonly correctCount: number;
  readonly sampleCount: number;
}

/** Mean cross-entropy a sample (nats) and the ratio of correct predictions. */
export interface Means {
  readonly loss: number;
  readonly accuracy: number;
}

export function meansOf(sums: Sums): Means {
  return { loss: sums.lossSum / sums.sampleCount, accuracy: sums.correctCount / sums.sampleCount };
}

// The parameters with the lowest validation loss so far, as --select best keeps them. Of equal losses the earlier stays.

export interface Best {
  readonly loss: number;
  /** In canonical order. */
  readonly parameters: Float32Array;
}

export class BestParameters {
  #best: Best | null;
  #ofWholeEpochs: Best | null;

  /** `start`: the best of the epochs before, of a run that is resumed. */
  constructor(start: Best | null) {
    this.#best = start;
    this.#ofWholeEpochs = start;
  }

  /** The run goes on from where it stood before; `start` as above. */
  goBack(start: Best | null): void {
    this.#best = start;
    this.#ofWholeEpochs = start;
  }

  /** The best of all epochs, one that was cut short as well; null where none was validated. */
  get parameters(): Float32Array | null {
    return this.#best?.parameters ?? null;
  }

  /** The best of the whole epochs: what belongs into a checkpoint, since a longer run goes on within one that was cut short. */
  get ofWholeEpochs(): Float32Array | null {
    return this.#ofWholeEpochs?.parameters ?? null;
  }

  /** `copy` makes a copy of the parameters that the loss is of; it is called only where they are needed. */
  consider(loss: number, wholeEpoch: boolean, copy: () => Float32Array): void {
    if (Number.isNaN(loss) || (this.#best !== null && !(loss < this.#best.loss))) return;
    this.#best = { loss, parameters: copy() };
    if (wholeEpoch) this.#ofWholeEpochs = this.#best;
  }
}

// Pure: whether a node's parameters are worth packing, by how fast its link was measured to be. Packing and unpacking take about
// as long as the bytes that they save at 250 MB/s: it pays on slower links alone. The bits are the same either way.
//
// What an attempt takes beyond computing is time of the link and of everything else that waits. So the fastest of some attempts
// counts, in which least else waited; the choice is made once for all of them, and a link must be clearly on the other side of it
// to change it.

export interface LinkOptions {
  /** Bytes a second up to which parameters are packed, and above which they are no longer. */
  readonly packUpTo: number;
  readonly plainAbove: number;
  /** Attempts that a choice is made of. */
  readonly attempts: number;
}

export const linkDefaults: LinkOptions = { packUpTo: 150e6, plainAbove: 400e6, attempts: 64 };

/** No clock resolves less. */
const LEAST_MS = 0.001;

/** Whether parameters are packed over such a link from now on, where they were `packs` so far. */
export function formFor(bytesPerSecond: number, packs: boolean, { packUpTo, plainAbove }: LinkOptions): boolean {
  if (bytesPerSecond <= packUpTo) return true;
  return bytesPerSecond > plainAbove ? false : packs;
}

export class ParameterForm {
  readonly #options: LinkOptions;
  #packs = false;
  #fastest = 0;
  #attempts = 0;
  #bytesPerSecond: number | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get packs(): boolean {
    return this.#packs;
  }

  /** Of the last choice; null before the first. */
  get bytesPerSecond(): number | null {
    return this.#bytesPerSecond;
  }

  /**
   * An attempt was answered.
   * @param bytes that it moved, both ways
   * @param waitMs from giving it to having its answer, but for the time that its node computed; 0 or less where that lies about
   * its clock
   */
  measured(bytes: number, waitMs: number): void {
    if (bytes === 0) return;
    this.#fastest = Math.max(this.#fastest, (1000 * bytes) / Math.max(waitMs, LEAST_MS));
    if (++this.#attempts < this.#options.attempts) return;
    this.#packs = formFor(this.#fastest, this.#packs, this.#options);
    this.#bytesPerSecond = this.#fastest;
    this.#attempts = 0;
    this.#fastest = 0;
  }
}

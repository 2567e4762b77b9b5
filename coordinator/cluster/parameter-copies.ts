// Copies of a step's parameters for the sockets: a copy stays as it is until the last connection has sent it, however slow
// that one is, and is used again after. So a run holds about two of them, not one for each step.

interface Copy {
  readonly bytes: Uint8Array;
  step: number;
  /** Connections that have not sent it yet. */
  users: number;
}

export class ParameterCopies {
  readonly #copies: Copy[] = [];

  /**
   * @param parameters the bytes in shared memory that step `step` reads
   * @returns the step's copy, and what to call when it was sent
   */
  take(step: number, parameters: Uint8Array): { bytes: Uint8Array; sent: () => void } {
    let copy = this.#copies.find((one) => one.step === step);
    if (copy === undefined) {
      copy = this.#copies.find((one) => one.users === 0 && one.step < step);
      if (copy === undefined) {
        copy = { bytes: new Uint8Array(parameters.length), step, users: 0 };
        this.#copies.push(copy);
      }
      copy.bytes.set(parameters);
      copy.step = step;
    }
    const taken = copy;
    taken.users++;
    return {
      bytes: taken.bytes,
      sent: () => {
        taken.users--;
      },
    };
  }
}

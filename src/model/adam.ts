// Adam's constants and the running products of its bias correction (Kingma and Ba, "Adam", ICLR 2015, algorithm 1).
// The update itself is a kernel (kernels/assembly/update.ts).

/** torch.optim.Adam's defaults. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** beta1^t and beta2^t, by repeated multiplication: Math.pow may differ between hosts. */
export class BiasPowers {
  beta1Power = 1;
  beta2Power = 1;
  readonly #beta1: number;
  readonly #beta2: number;

  constructor(beta1: number = ADAM.beta1, beta2: number = ADAM.beta2) {
    this.#beta1 = beta1;
    this.#beta2 = beta2;
  }

  /** The powers after `steps` steps, by the same loop that a run goes through. */
  static after(steps: number): BiasPowers {
    const powers = new BiasPowers();
    for (let t = 0; t < steps; t++) {
      const { beta1Power, beta2Power } = powers;
      powers.advance();
      // the smallest number there is, or 0: it stays so
      if (powers.beta1Power === beta1Power && powers.beta2Power === beta2Power) break;
    }
    return powers;
  }

  /** The powers as they were kept somewhere. */
  static at({ beta1Power, beta2Power }: Readonly<Pick<BiasPowers, 'beta1Power' | 'beta2Power'>>): BiasPowers {
    const powers = new BiasPowers();
    powers.beta1Power = beta1Power;
    powers.beta2Power = beta2Power;
    return powers;
  }

  advance(): void {
    this.beta1Power *= this.#beta1;
    this.beta2Power *= this.#beta2;
  }
}

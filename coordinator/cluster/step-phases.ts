// Where the time of a step with nodes goes: handing out, computing, collecting, committing. Reads a clock; decides
// nothing.

import type { Observer } from '../executors/worker-status.ts';

export class StepPhases {
  readonly #observer: Observer;
  #beganMs = 0;
  #computedMs = 0;
  #givingMs = 0;
  #longestComputeMs = 0;
  #answers: number[] = [];
  #waitMs = 0;
  #computeMs = 0;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Worker-milliseconds from a worker's answer to the end of the step's computing. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** That workers computed of steps, by their own clocks. */
  get computeMs(): number {
    return this.#computeMs;
  }

  begin(): void {
    this.#beganMs = performance.now();
    this.#givingMs = 0;
    this.#longestComputeMs = 0;
    this.#answers.length = 0;
  }

  /** Parameters and shards were handed to a node; it took so long. */
  gave(ms: number): void {
    this.#givingMs += ms;
  }

  /** A worker has answered all it was given; it computed so long. */
  answered(computeMs: number): void {
    this.#computeMs += computeMs;
    this.#longestComputeMs = Math.max(this.#longestComputeMs, computeMs);
    this.#answers.push(performance.now());
  }

  /** All tree nodes are there. */
  computed(): void {
    this.#computedMs = performance.now();
    for (const answeredMs of this.#answers) this.#waitMs += this.#computedMs - answeredMs;
    const waitedMs = Math.max(0, this.#computedMs - this.#beganMs - this.#givingMs);
    const computeMs = Math.min(waitedMs, this.#longestComputeMs);
    this.#observer.phase('broadcast', this.#givingMs);
    this.#observer.phase('compute', computeMs);
    this.#observer.phase('reduce', waitedMs - computeMs);
  }

  committed(): void {
    this.#observer.phase('optimize', performance.now() - this.#computedMs);
  }
}

// A coordinator in this process and nodes of one thread in processes of their own, on loopback: what a step takes, and where.

import type { Observer, Phase } from '../executors/worker-status.ts';
import { spreadOf } from '../speed/bench-result.ts';
import { type RigDeps, type RigOptions, TrainingRig } from './training-rig.ts';

/** A node as a process of its own. */
export interface NodeProcess {
  kill(): void;
  readonly ended: Promise<void>;
}

/** What one round found: of a step, in milliseconds and bytes. */
export interface ClusterTimes {
  readonly stepMs: number;
  readonly computeMs: number;
  readonly commitMs: number;
  readonly giveMs: number;
  readonly coordinatorCpuMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** What the executor tells of its phases, which come once a step. */
class PhaseClock implements Observer {
  readonly #ms = new Map<Phase, number[]>();

  attach(): void {}

  phase(phase: Phase, ms: number): void {
    const times = this.#ms.get(phase) ?? [];
    this.#ms.set(phase, times);
    times.push(ms);
  }

  /** Its median. */
  of(phase: Phase): number {
    return spreadOf(this.#ms.get(phase) ?? [0]).median;
  }

  reset(): void {
    this.#ms.clear();
  }
}

export class ClusterRig {
  readonly #rig: TrainingRig;
  readonly #clock: PhaseClock;
  readonly #nodes: readonly NodeProcess[];

  private constructor(rig: TrainingRig, clock: PhaseClock, nodes: readonly NodeProcess[]) {
    this.#rig = rig;
    this.#clock = clock;
    this.#nodes = nodes;
  }

  /** Resolves when all nodes are there. To be closed. */
  static async open(
    options: RigOptions & { readonly nodes: number },
    deps: RigDeps,
    startNode: (url: string) => NodeProcess,
  ): Promise<ClusterRig> {
    const nodes: NodeProcess[] = [];
    const observer = new PhaseClock();
    try {
      const rig = await TrainingRig.open(options, {
        ...deps,
        observer,
        onEvent: (event) => {
          if (event.type !== 'listening') return;
          for (let node = 0; node < options.nodes; node++) nodes.push(startNode(event.url));
        },
      });
      return new ClusterRig(rig, observer, nodes);
    } catch (error) {
      await ended(nodes);
      throw error;
    }
  }

  get vectorBytes(): number {
    return this.#rig.vectorBytes;
  }

  /** For about so long. Times are medians of the steps: one in which another process had the core counts as any other. */
  async measure(forMs: number): Promise<ClusterTimes> {
    this.#clock.reset();
    const before = this.#rig.status().counts;
    const cpu = process.cpuUsage();
    const taken: number[] = [];
    let committedMs = performance.now();
    const { steps } = await this.#rig.trainFor(forMs, () => {
      const nowMs = performance.now();
      taken.push(nowMs - committedMs);
      committedMs = nowMs;
    });
    const { user, system } = process.cpuUsage(cpu);
    const { counts } = this.#rig.status();
    return {
      stepMs: spreadOf(taken).median,
      computeMs: this.#clock.of('compute'),
      commitMs: this.#clock.of('optimize'),
      giveMs: this.#clock.of('broadcast'),
      // of a thread's clock there is no single step
      coordinatorCpuMs: (user + system) / 1000 / steps,
      sentBytes: (counts.sentBytes - before.sentBytes) / steps,
      receivedBytes: (counts.receivedBytes - before.receivedBytes) / steps,
    };
  }

  async close(): Promise<void> {
    try {
      await this.#rig.close();
    } finally {
      await ended(this.#nodes);
    }
  }
}

async function ended(nodes: readonly NodeProcess[]): Promise<void> {
  for (const node of nodes) node.kill();
  await Promise.all(nodes.map((node) => node.ended));
}

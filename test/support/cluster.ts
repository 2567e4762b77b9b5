// A run that listens, in this process, and the nodes that a test starts for it. Everything that was started is ended, also
// when the test fails in the middle.

import type { LinkOptions } from '../../coordinator/step/parameter-form.ts';
import type { Measurement } from '../../coordinator/step/speed.ts';
import type { TrainWiring } from '../../coordinator/training/make-executor.ts';
import { resolveWithRun } from '../../coordinator/training/resolve-with-run.ts';
import type { TrainDeps } from '../../coordinator/training/train-deps.ts';
import { trainRun } from '../../coordinator/training/train-run.ts';
import { ROW_GROUPS } from '../../src/kernels/kernels.ts';
import { wiring } from '../../src/library.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import type { Wiring } from '../../src/wiring.ts';
import { EventLines, Lines } from './events.ts';
import { type NodeSetup, startNode, type TestNode } from './nodes.ts';
import { bitsOf, type Traced, traceOf } from './train.ts';

export interface Cluster {
  readonly url: string;
  /** What the run tells: its events, and the lines of those that have one. */
  readonly log: EventLines;
  /** "step 7": the coordinator committed it on its own thread. */
  readonly commits: Lines;
  readonly outcome: Promise<Traced>;
  /** The run's bits, when it is over. */
  bits(): Promise<ReturnType<typeof bitsOf>>;
  /** The step was committed; it is to be one with nodes in it. */
  committed(step: number): Promise<void>;
  /** At another address: through a proxy. */
  node(setup?: NodeSetup & { readonly url?: string }): TestNode;
  /** Asks the run to stop. */
  stop(reason?: unknown): void;
}

/**
 * All are equally fast, and so fast that the floor alone says what is late: on a busy machine a worker that was slow for a
 * while is given less, and of the few parts of an evaluation none.
 */
const measured = (clocked: Measurement): Measurement => {
  const computeMs = clocked.sampleCount / 1000;
  return { ...clocked, computeMs, wallMs: computeMs };
};

/**
 * Nothing is late, and everybody has a share, however slow the machine: for tests that count what is given again, or in which
 * a certain worker must be given something. Beside workers that are known no step waits for one that is not, though.
 */
export const patient: Partial<TrainWiring> = {
  limits: { step: { lateFactor: 4, lateFloorMs: 60_000, unmeasuredMs: 60_000 }, measured },
};

/** What takes some milliseconds is late, and everybody has a share. */
export const impatient: Partial<TrainWiring> = {
  limits: { step: { lateFactor: 4, lateFloorMs: 20, unmeasuredMs: 500 }, measured },
};

/** Packs each node's parameters from its fourth attempt on, whatever its link: whoever computes has both forms. */
const packing: LinkOptions = {
  packUpTo: Number.POSITIVE_INFINITY,
  plainAbove: Number.POSITIVE_INFINITY,
  attempts: 3,
};

/** `use` is given the run when it listens. */
export async function withCluster<T>(
  options: Partial<TrainOptions>,
  use: (cluster: Cluster) => Promise<T>,
  changes: Partial<TrainWiring> = {},
  onEachEvent: (event: TrainEvent) => void = () => undefined,
  hooks: TrainDeps = {},
): Promise<T> {
  const log = new EventLines();
  const commits = new Lines();
  const controller = new AbortController();
  const nodes: TestNode[] = [];
  const makeEngine: Wiring['makeEngine'] = async (...parts) => {
    const engine = await (changes.makeEngine ?? wiring.makeEngine)(...parts);
    return {
      name: engine.name,
      computeBlock: engine.computeBlock.bind(engine),
      evaluatePart: engine.evaluatePart.bind(engine),
      updateSlice(step, nodeCount, sampleCount, slice) {
        const finite = engine.updateSlice(step, nodeCount, sampleCount, slice);
        if (slice === ROW_GROUPS) commits.add(`step ${step}`);
        return finite;
      },
    };
  };
  const onEvent = (event: TrainEvent) => {
    onEachEvent(event);
    log.tell(event);
  };
  const outcome = resolveWithRun({ threads: 0, listen: '127.0.0.1:0', ...options }, null, 'option')
    .then((asked) =>
      trainRun(
        asked,
        { ...hooks, onEvent, signal: controller.signal },
        { ...wiring, ...changes, limits: { link: packing, ...changes.limits }, makeEngine },
      ),
    )
    .then((summary) => traceOf(summary, log.events));
  const over = outcome.then(
    () => 'the run was over',
    (error: Error) => `the run failed (${error.message})`,
  );
  void over.then((why) => {
    log.end(why);
    commits.end(why);
  });
  try {
    const { url } = await log.told('listening').catch(async (error) => {
      // why it never listened
      await outcome;
      throw error;
    });
    return await use({
      url,
      log,
      commits,
      outcome,
      bits: async () => bitsOf(await outcome),
      committed: async (step) => void (await commits.seen(new RegExp(`^step ${step}$`))),
      node: (setup) => {
        const node = startNode(setup?.url ?? url, setup);
        nodes.push(node);
        return node;
      },
      stop: (reason) => controller.abort(reason),
    });
  } finally {
    controller.abort();
    for (const node of nodes) node.leave();
    await Promise.all([over, ...nodes.map(({ ended }) => ended)]);
  }
}

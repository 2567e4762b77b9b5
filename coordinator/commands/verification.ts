// The promise, tried on this machine: the same short run by different workers, and where they part if they do.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { decodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import { ioReason, writeCodeOf } from '../../src/host/files/io-reason.ts';
import { readRegularFile } from '../../src/host/files/read-file.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { digestOf } from '../../src/run/digest.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import type { Wiring } from '../../src/wiring.ts';
import { newRun } from '../training/resolve-with-run.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

export interface Way {
  readonly name: string;
  readonly threads: number;
  /** Nodes on this machine, a process each. */
  readonly nodes?: number;
  /** A thread or a node dies half-way. */
  readonly loss?: boolean;
}

export const ways: readonly Way[] = [
  { name: 'inline', threads: 0 },
  { name: '1 thread', threads: 1 },
  { name: '2 threads', threads: 2 },
  { name: '3 threads', threads: 3 },
  { name: '2 threads, one killed half-way', threads: 2, loss: true },
  { name: '2 socket workers', threads: 0, nodes: 2 },
  { name: '2 socket workers, one killed half-way', threads: 0, nodes: 2, loss: true },
];

export interface Parted {
  /** Steps after which the parameters are others for the first time. */
  readonly step: number;
  readonly tensor: string;
}

export interface VerifyDeps {
  readonly wiring: Wiring;
  /** File of the command line, for nodes. */
  readonly cli: string;
  /** What to train; --max-steps and the workers are put in here. */
  readonly options: Partial<TrainOptions>;
  readonly steps: number;
  readonly signal: AbortSignal;
}

export interface Trained {
  readonly digest: string;
  readonly stateDigest: string;
  readonly tensors: readonly Tensor[];
}

/** On a busy machine a short run may be over before it is known that a worker died. */
export class Untried extends Error {
  constructor() {
    super('the run was over before the worker was gone, so that its loss was not tried: try more --steps');
  }
}

/** Trains `steps` steps that way. @throws Untried */
export async function trainThatWay(way: Way, parts: VerifyDeps, steps: number): Promise<Trained> {
  const { signal } = parts;
  signal.throwIfAborted();
  const folder = await temporaryFolder();
  const out = join(folder, 'run');
  const nodes: WorkerProcess[] = [];
  const half = Math.floor(steps / 2);
  try {
    const { threads, nodes: nodeCount = 0, loss = false } = way;
    const cluster = nodeCount === 0 ? {} : { listen: '127.0.0.1:0', minWorkers: nodeCount, joinTimeout: 60 };
    // what the others are compared with is narrow
    const wide = parts.options.wide === true && way !== ways[0];
    const asked = newRun({ ...parts.options, ...cluster, wide, threads, maxSteps: steps, out, report: false });
    const faults = loss && nodeCount === 0 ? [{ step: half, point: 'compute' }] : undefined;
    let [lost, trained] = [false, false];
    const watched = (event: TrainEvent) => {
      if (event.type === 'test') trained = true;
      if (!trained && (event.type === 'threadLost' || event.type === 'workerLost')) lost = true;
      if (event.type !== 'listening') return;
      for (let n = 0; n < nodeCount; n++) nodes.push(startWorker(parts.cli, event.url, wide));
    };
    // the engine that commits is on this thread, and knows each step
    const makeEngine: Wiring['makeEngine'] = async (...args) => {
      const engine = await parts.wiring.makeEngine(...args);
      if (!loss || nodeCount === 0) return engine;
      const updateSlice: typeof engine.updateSlice = (step, ...rest) => {
        if (step >= half) nodes[0]?.kill();
        return engine.updateSlice(step, ...rest);
      };
      return {
        name: engine.name,
        computeBlock: engine.computeBlock.bind(engine),
        evaluatePart: engine.evaluatePart.bind(engine),
        updateSlice,
      };
    };
    const wiring = { ...parts.wiring, makeEngine, ...(faults === undefined ? {} : { faults }) };
    const { trainRun } = await import('../training/train-run.ts');
    const { digest, stateDigest } = await trainRun(asked, { onEvent: watched, signal }, wiring);
    if (loss && !lost) throw new Untried();
    const path = join(out, 'model.safetensors');
    return { digest, stateDigest, tensors: decodeSafetensors(await readRegularFile(path), path).tensors };
  } finally {
    for (const node of nodes) node.kill();
    await Promise.all(nodes.map(({ ended }) => ended));
    await rm(folder, { recursive: true, force: true });
  }
}

async function temporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'lockstep-verify-'));
  } catch (cause) {
    throw new LockstepError({
      code: writeCodeOf(cause),
      what: `No temporary folder can be made in ${tmpdir()}`,
      why: ioReason(cause),
      mend: 'Name a folder that you may write to in TMPDIR',
      cause,
    });
  }
}

/** The first step and tensor in which a way parts from the baseline; null if it does not do so again. */
export async function firstDifference(way: Way, parts: VerifyDeps): Promise<Parted | null> {
  const baseline = ways[0]!;
  const pair = async (steps: number) =>
    await Promise.all([trainThatWay(baseline, parts, steps), trainThatWay(way, parts, steps)]);
  let [same, different] = [0, parts.steps];
  if (tensorThatDiffers(...(await pair(different))) === null) return null;
  while (different - same > 1) {
    const middle = Math.floor((same + different) / 2);
    if (tensorThatDiffers(...(await pair(middle))) === null) same = middle;
    else different = middle;
  }
  return { step: different, tensor: tensorThatDiffers(...(await pair(different))) ?? 'not the same one twice' };
}

function tensorThatDiffers(a: Trained, b: Trained): string | null {
  const other = a.tensors.find((tensor, i) => digestOf(tensor.data) !== digestOf(b.tensors[i]!.data));
  return other?.name ?? null;
}

/** A line about a way that could not be gone at all. */
export function failureText(error: unknown): string {
  if (error instanceof LockstepError) return `${error.what}: ${error.why}`;
  return error instanceof Untried ? error.message : String(error);
}

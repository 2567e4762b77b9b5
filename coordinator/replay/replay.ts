// The state of a run at any of its steps, computed again: from the nearest checkpoint before it or from step 0, by the steps that
// training itself goes through, with the changes that the run records. It writes nothing into the run folder. What `lockstep
// replay` looks at, an audit compares and a bisection searches.

import type { StepAddress } from '../../src/engine.ts';
import { LockstepError } from '../../src/errors.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { decodeCheckpoint } from '../../src/run/checkpoint.ts';
import { partAt, partsBetween } from '../../src/run/course.ts';
import { type State, stateDigestOf } from '../../src/run/digest.ts';
import { epochStartOf, startPosition } from '../../src/run/position.ts';
import type { Sums } from '../../src/sums.ts';
import type { Found } from '../run-folder/checkpoint-store.ts';
import { initialWeights } from '../training/given-init.ts';
import { setState } from '../training/set-state.ts';
import { StepLoop } from '../training/step-loop.ts';
import { type Begin, beginFor } from './begin.ts';
import { type OpenPart, openPart, type PartDeps, refuseEngine } from './open-part.ts';
import { type ReplayedRun, readReplayed } from './replayed-run.ts';

/** A way to the state that step `to` reads. */
export interface Way extends Begin {
  readonly to: number;
  /** What it begins with, where that is a checkpoint. */
  readonly checkpoint: Found | null;
}

/** Where the memory stands: the state that step `step` reads. */
interface Standing {
  readonly step: number;
  /** 0-based; that of the step, or the one before where the step is the first of the next. */
  readonly epoch: number;
  readonly epochStart: number;
}

export class Replay {
  readonly run: ReplayedRun;
  readonly #deps: PartDeps;
  #part: OpenPart | null = null;
  #loop: StepLoop | null = null;
  #at: Standing | null = null;

  private constructor(run: ReplayedRun, deps: PartDeps) {
    this.run = run;
    this.#deps = deps;
  }

  /**
   * Reads a finished or interrupted run, and computes nothing yet.
   * @param tell hears of what is passed over
   * @throws LockstepError where it is no run, or one of another numerics version
   */
  static async of(folder: string, deps: Omit<PartDeps, 'folder'>, tell: (message: string) => void): Promise<Replay> {
    const replayed = await readReplayed(folder, tell);
    return new Replay(replayed, { ...deps, folder });
  }

  /** The step whose state the memory holds; null: none yet. */
  get step(): number | null {
    return this.#at?.step ?? null;
  }

  /**
   * How the state that step `to` reads is come by, and what that costs; nothing is computed.
   * @throws LockstepError where the run did not come so far, or a part of the way cannot be computed again
   */
  async wayTo(to: number): Promise<Way> {
    const { folder, lastStep, course, checkpointBefore } = this.run;
    if (to > lastStep) {
      throw new LockstepError({
        code: 'ERR_LOCKSTEP_BAD_OPTION',
        what: `${folder} has no state after ${to} steps`,
        why: `it is known to have done ${lastStep} steps`,
        mend: `Give a step of at most ${lastStep}, or go on with the run first`,
      });
    }
    const checkpoint = await checkpointBefore(to);
    const begin = beginFor(to, checkpoint === null ? [] : [checkpoint.body.step], this.step);
    if (begin.cost > 0) for (const part of partsBetween(course, begin.from, to)) refuseEngine(part, folder);
    return { ...begin, to, checkpoint: begin.at === 'checkpoint' ? checkpoint : null };
  }

  /** Computes the state that step `to` reads from an earlier one, whatever stands at hand or in a checkpoint of that very step. */
  async goFromBefore(to: number): Promise<void> {
    const checkpoint = to === 0 ? null : await this.run.checkpointBefore(to - 1);
    await this.#begin(checkpoint);
    await this.advance(to);
  }

  /** Computes the state; `progress` hears of each step that is done. */
  async go({ at, to, checkpoint }: Way, progress: (step: number) => void = () => undefined): Promise<void> {
    if (at !== 'here') await this.#begin(checkpoint);
    await this.advance(to, progress);
  }

  /** Goes on to the state that step `to` reads, step by step as training does; it must not lie before the one at hand. */
  async advance(to: number, progress: (step: number, sums: Sums) => void = () => undefined): Promise<void> {
    while (this.#standing.step < to) {
      const { loop, at } = await this.#enter();
      const epochEnd = at.epochStart + loop.stepsInEpoch;
      const changed = this.run.course.find(({ from }) => from > at.step)?.from ?? Number.POSITIVE_INFINITY;
      const { signal } = this.#deps;
      const { step } = await loop.train(
        { ...at, from: at.step, to: Math.min(to, epochEnd, changed), ...powersAfter(at.step) },
        { committed: progress, stopped: () => signal.aborted },
      );
      this.#at = afterEpoch({ ...at, step }, loop.stepsInEpoch);
      signal.throwIfAborted();
    }
  }

  /**
   * Readies the memory for the step that reads the state at hand, and says where that stands: its order lies in the memory of
   * `part`, whose engine may compute its tree nodes.
   */
  async address(): Promise<{ readonly at: StepAddress; readonly part: OpenPart }> {
    const { part, at } = await this.#enter();
    const { step, epoch, epochStart } = at;
    return { at: { step, epoch, stepInEpoch: step - epochStart }, part };
  }

  /** Holds the state at hand, and the records of the last steps. */
  get memory(): RunMemory {
    return this.#opened.memory;
  }

  /** Copies of the state at hand, in canonical order. */
  state(): State {
    return this.#opened.memory.state(this.#standing.step);
  }

  stateDigest(): string {
    return stateDigestOf(this.state(), this.#standing.step);
  }

  async close(): Promise<void> {
    const part = this.#part;
    this.#part = null;
    this.#at = null;
    await part?.close();
  }

  get #opened(): OpenPart {
    if (this.#part === null) throw new Error('The replay stands nowhere yet');
    return this.#part;
  }

  get #standing(): Standing {
    if (this.#at === null) throw new Error('The replay stands nowhere yet');
    return this.#at;
  }

  async #begin(checkpoint: Found | null): Promise<void> {
    const step = checkpoint?.body.step ?? 0;
    const { memory, shape, options } = await this.#open(step);
    const decoded = checkpoint && decodeCheckpoint(shape.layout, checkpoint.body, checkpoint.tensors);
    if (checkpoint !== null && decoded === null) throw otherNetwork(checkpoint, this.run.folder);
    const given = decoded === null ? await initialWeights(options, shape.layout) : null;
    setState(memory, decoded, given);
    const { history } = decoded?.position ?? startPosition;
    this.#at = { step, epoch: history.length, epochStart: epochStartOf({ history }) };
    this.#loop = null;
  }

  /** The memory of the part that decides a step, without a state where it is a fresh one. */
  async #open(step: number): Promise<OpenPart> {
    const part = partAt(this.run.course, step);
    if (this.#part?.part === part) return this.#part;
    const before = this.#part;
    this.#part = null;
    this.#loop = null;
    await before?.close();
    this.#part = await openPart(part, this.#deps);
    return this.#part;
  }

  /** The part, the loop and the epoch of the step that reads the state at hand; its order lies in memory. */
  async #enter(): Promise<{ part: OpenPart; loop: StepLoop; at: Standing }> {
    const { step } = this.#standing;
    const state = this.#opened.part === partAt(this.run.course, step) ? null : this.state();
    const part = await this.#open(step);
    const { memory, executor, numbers, options } = part;
    if (state !== null) memory.setState(step, state.parameters, state.firstMoments, state.secondMoments);
    this.#loop ??= new StepLoop(executor, memory, numbers.marked, options, this.#standing);
    const at = afterEpoch(this.#standing, this.#loop.stepsInEpoch);
    this.#at = at;
    this.#loop.enter(at.epoch);
    return { part, loop: this.#loop, at };
  }
}

/** At the end of an epoch the next step is the first of the next one. */
function afterEpoch({ step, epoch, epochStart }: Standing, stepsInEpoch: number): Standing {
  if (step < epochStart + stepsInEpoch) return { step, epoch, epochStart };
  return { step, epoch: epoch + 1, epochStart: step };
}

function powersAfter(step: number) {
  const { beta1Power, beta2Power } = BiasPowers.after(step);
  return { beta1Power, beta2Power };
}

function otherNetwork({ path }: Found, folder: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_CHECKPOINT_UNUSABLE',
    what: `${path} cannot be used`,
    why: `its parameters are those of another network than config.json and the data of ${folder} make`,
    mend: "Put the run's config.json and data back as they were",
  });
}

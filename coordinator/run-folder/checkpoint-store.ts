// The checkpoints of a run folder: which there are, the newest whole one, writing the next, and removing those that need
// not stay. Knows nothing of training and of what a failure does to the run.

import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import { RECORD_BYTES, readRegularFile } from '../../src/host/files/read-file.ts';
import type { Layout } from '../../src/model/layout.ts';
import type { CheckpointChoice } from '../../src/options/value-kinds.ts';
import {
  type Checkpoint,
  checkpointName,
  encodeCheckpoint,
  type StateBody,
  stateFileName,
  stepOfName,
  tensorFileName,
  verifyCheckpoint,
} from '../../src/run/checkpoint.ts';
import { bestOf, type Kept, toRemove } from '../../src/run/checkpoint-retention.ts';
import { recover, removeFolderWhole, WriteFailure, writeFolderWhole } from './checkpoint-files.ts';
import { type Flush, flush } from './flush.ts';
import { FlushedFolder } from './flushed-folder.ts';
import { CHECKPOINTS_FOLDER, EPOCHS_FOLDER } from './folder-names.ts';
import { SegmentStore } from './segment-store.ts';

/** A whole checkpoint as it lies on the disk; src/run/checkpoint.ts decodes it. */
export interface Found {
  readonly path: string;
  readonly body: StateBody;
  readonly tensors: Uint8Array;
}

/** One of several. */
export interface Chosen extends Found {
  /** The step of the newest whole one. */
  readonly newestStep: number;
}

export class CheckpointStore {
  readonly path: string;
  readonly #flush: Flush;
  readonly #folder: FlushedFolder;
  /** Whole ones, as far as is known. */
  readonly #kept = new Map<number, Kept>();
  readonly #segments: SegmentStore;

  constructor(runFolder: string, flushed: Flush = flush) {
    this.path = join(runFolder, CHECKPOINTS_FOLDER);
    this.#flush = flushed;
    this.#folder = new FlushedFolder(this.path, flushed);
    this.#segments = new SegmentStore(join(runFolder, EPOCHS_FOLDER), flushed, this.#folder);
  }

  /** Removes what a killed process left half-written. Only for whoever holds the run folder's lock. */
  async tidy(): Promise<void> {
    try {
      await recover(this.path, this.#flush);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return; // no checkpoint was ever written
      throw unreadable(this.path, error);
    }
  }

  /**
   * The newest one that is whole, or null. `passedOver` hears of each that is not: its path, and why. The rest is read too,
   * so that it is known which is the best.
   * @throws LockstepError when what it shares with others is damaged: none of them is given up for that
   */
  async newest(passedOver: (path: string, why: string) => void): Promise<Found | null> {
    let found: Found | null = null;
    for await (const whole of this.newestFirst(passedOver)) found ??= whole;
    return found === null ? null : await this.withAllEpochs(found);
  }

  /** With those that stand apart. @throws LockstepError */
  async withAllEpochs(found: Found): Promise<Found> {
    const { body } = found;
    const { history, timings } = await this.#segments.read(body.apart ?? null, body, found.path);
    return { ...found, body: { ...body, history: [...history], timings: [...timings] } };
  }

  /**
   * The same for a reader that will write none: without the epochs that stand apart, and the rest is not read. `upTo`: those of
   * later steps do not count.
   */
  async newestAlone(
    passedOver: (path: string, why: string) => void,
    upTo = Number.POSITIVE_INFINITY,
  ): Promise<Found | null> {
    for await (const whole of this.newestFirst(passedOver, upTo)) return whole;
    return null;
  }

  /**
   * The one that was chosen; without the epochs that stand apart.
   * @throws LockstepError where it is not there, with those that are
   */
  async chosen(which: CheckpointChoice, passedOver: (path: string, why: string) => void): Promise<Chosen> {
    const damaged = new Map<string, string>();
    for await (const _ of this.newestFirst((path, why) => damaged.set(path, why))) {
      // each is known then, and only one of them is held
    }
    const whole = [...this.#kept.values()].sort((a, b) => a.step - b.step);
    const best = which === 'best' ? (bestOf(whole)?.step ?? null) : null;
    const step = which === 'best' ? best : which === 'last' ? (whole.at(-1)?.step ?? null) : which;
    const found = step !== null && this.#kept.has(step) ? await readVerified(this.pathOf(step)) : null;
    if (step === null || found === null || 'why' in found) {
      const why = step === null ? undefined : damaged.get(this.pathOf(step));
      throw notThere(dirname(this.path), which, whole, why);
    }
    // that of a step is no other for them
    if (typeof which !== 'number') for (const [path, why] of damaged) passedOver(path, why);
    return { path: this.pathOf(step), ...found, newestStep: whole.at(-1)!.step };
  }

  /** Whole ones, without the epochs that stand apart; `upTo`: those of later steps do not count. */
  async *newestFirst(
    passedOver: (path: string, why: string) => void,
    upTo = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Found> {
    for (const step of (await this.#steps()).filter((one) => one <= upTo).sort((a, b) => b - a)) {
      const path = this.pathOf(step);
      const found = await readVerified(path);
      if ('why' in found) {
        passedOver(path, found.why);
        continue;
      }
      if (found.body.step !== step) {
        passedOver(path, `it is that of step ${found.body.step}, under the name of another`);
        continue;
      }
      this.#kept.set(step, { step, validationLoss: found.body.validation?.loss ?? null });
      yield { path, ...found };
    }
  }

  /**
   * Removes all that are later than step `step`, since they hold what is false, and returns the newest whole one that is left, or
   * null. Nobody may write one meanwhile.
   * @throws LockstepError when one of them cannot be removed: a run that is resumed would go on from it
   */
  async backTo(step: number, passedOver: (path: string, why: string) => void): Promise<Found | null> {
    this.#segments.forget();
    for (const later of (await this.#steps()).filter((one) => one > step)) {
      this.#kept.delete(later);
      try {
        await removeFolderWhole(this.path, checkpointName(later), this.#flush);
      } catch (error) {
        throw notRemoved(this.pathOf(later), error);
      }
    }
    return await this.newest(passedOver);
  }

  /**
   * Writes it to the disk, and removes what then need not stay. Returns its bytes.
   * @param cleanSteps steps that the run may have to go back to
   */
  async save(
    layout: Layout,
    checkpoint: Checkpoint,
    keepLast: number,
    cleanSteps: readonly number[] = [],
  ): Promise<number> {
    const { position } = checkpoint;
    const { step } = position;
    const apart = await this.#segments.write(position);
    const { tensors, state } = encodeCheckpoint(layout, checkpoint, apart);
    const files = new Map<string, Uint8Array | string>([
      [tensorFileName, tensors],
      [stateFileName, state],
    ]);
    await this.#folder.make().catch((error: unknown) => {
      throw new WriteFailure(this.path, tensors.length + Buffer.byteLength(state), error);
    });
    await writeFolderWhole(this.path, checkpointName(step), files, this.#flush);
    this.#kept.set(step, { step, validationLoss: checkpoint.validation?.loss ?? null });
    await this.#prune(keepLast, cleanSteps);
    return tensors.length + Buffer.byteLength(state);
  }

  pathOf(step: number): string {
    return join(this.path, checkpointName(step));
  }

  /** Damaged ones go as well: what they held is made again. */
  async #prune(keepLast: number, cleanSteps: readonly number[]): Promise<void> {
    for (const { step } of toRemove([...this.#kept.values()], keepLast, cleanSteps)) this.#kept.delete(step);
    for (const step of await this.#steps()) {
      // One that cannot be removed is tried again after the next.
      if (!this.#kept.has(step)) await removeFolderWhole(this.path, checkpointName(step), this.#flush).catch(() => {});
    }
  }

  async #steps(): Promise<number[]> {
    try {
      return (await readdir(this.path)).flatMap((name) => stepOfName(name) ?? []);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw unreadable(this.path, error);
    }
  }
}

async function readVerified(path: string): Promise<{ body: StateBody; tensors: Uint8Array } | { why: string }> {
  try {
    const state = (await readRegularFile(join(path, stateFileName), RECORD_BYTES)).toString();
    const tensors = await readRegularFile(join(path, tensorFileName));
    const verified = verifyCheckpoint(state, tensors);
    return 'why' in verified ? verified : { ...verified, tensors };
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return { why: `it cannot be read: ${ioReason(error)}` };
  }
}

function notThere(
  run: string,
  which: CheckpointChoice,
  whole: readonly Kept[],
  damaged: string | undefined,
): LockstepError {
  const steps = whole.map(({ step }) => step).join(', ');
  const present = whole.length === 0 ? 'it has no checkpoint that can be used' : `it has those of the steps ${steps}`;
  const [what, why] = {
    best: ['no best checkpoint', whole.length === 0 ? present : `none of those it has was validated (steps ${steps})`],
    last: ['no checkpoint', present],
  }[String(which)] ?? [
    `no checkpoint of step ${which}`,
    damaged === undefined ? present : `it cannot be used: ${damaged}; otherwise ${present}`,
  ];
  return new LockstepError({
    code: 'ERR_LOCKSTEP_CHECKPOINT_MISSING',
    what: `${run} has ${what}`,
    why: why!,
    mend: whole.length === 0 ? 'Give the folder of another run' : 'Give one of these steps, or last',
  });
}

function notRemoved(path: string, cause: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_WRITE_FAILED',
    what: `${path} cannot be removed`,
    why: `${ioReason(cause)}, and it holds the answers of a worker that sent false ones`,
    mend: 'Remove it, and go on with the run by --resume',
    exitCode: ExitCode.runFailed,
    cause,
  });
}

function unreadable(path: string, cause: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_CHECKPOINT_UNUSABLE',
    what: `${path} cannot be read`,
    why: ioReason(cause),
    mend: 'See to it that it is a folder that you may read, or move it out of the run folder',
    cause,
  });
}

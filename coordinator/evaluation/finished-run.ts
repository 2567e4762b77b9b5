// What a finished run left, if all of it belongs together: what stands in two places is compared, and its test figures are
// made again where that is sound. Reads only.

import { LockstepError } from '../../src/errors.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { jsonText } from '../../src/run/disk-records.ts';
import type { EpochRecord, Summary, TrainEvent } from '../../src/run/events.ts';
import { bestEpochOf, isAtEnd } from '../../src/run/position.ts';
import { firstSelectable } from '../../src/run/run-record.ts';
import type { Means } from '../../src/sums.ts';
import type { Wiring } from '../../src/wiring.ts';
import { CheckpointStore, type Found } from '../run-folder/checkpoint-store.ts';
import { readHistory, readSummary, readTrainedModel, refuse, type TrainedModel } from '../run-folder/trained-model.ts';
import { loadFor } from './evaluation-set.ts';
import { infer } from './inference.ts';

export interface Finished {
  readonly history: readonly EpochRecord[];
  readonly summary: Summary;
}

/**
 * history.json and summary.json of a run, compared with each other and with its checkpoint; null where there is no summary.
 * @throws LockstepError where they do not belong together
 */
export async function readFinished(trained: TrainedModel): Promise<Finished | null> {
  const { folder, options, changes, summary } = trained;
  const history = await readHistory(folder);
  if (summary === null) return null;
  if (history === null) throw refuse(folder, 'history.json', 'it is not there, and summary.json is');
  const other = firstOther(history, summary);
  if (other !== null)
    throw refuse(folder, 'history.json', `of epoch ${other} it says something else than summary.json`);
  const best = options.select === 'best' ? bestEpochOf(history, firstSelectable(changes, history)) : -1;
  const bestEpoch = best === -1 ? undefined : best + 1;
  if (summary.bestEpoch !== bestEpoch) {
    throw refuse(
      folder,
      'summary.json',
      `it keeps epoch ${summary.bestEpoch}, and by history.json the best is ${bestEpoch}`,
    );
  }
  const newest = await newestOf(folder);
  if (newest === null) return { history, summary };
  const differs = newest.body.history.find((one) => jsonText(one) !== jsonText(history[one.epoch - 1]));
  if (differs !== undefined) {
    throw refuse(folder, 'history.json', `of epoch ${differs.epoch} it says something else than ${newest.path}`);
  }
  if (newest.body.step === history.at(-1)?.steps && newest.body.stateDigest !== summary.stateDigest) {
    throw refuse(folder, 'summary.json', `its state digest is not that of ${newest.path}`);
  }
  return { history, summary };
}

/** A finished run needs no epochs that stand apart: where they are damaged, those in the checkpoint itself are compared. */
async function newestOf(folder: string): Promise<Found | null> {
  const store = new CheckpointStore(folder);
  const found = await store.newestAlone(() => undefined);
  if (found === null) return null;
  return await store.withAllEpochs(found).catch((error: unknown) => {
    if (error instanceof LockstepError) return found;
    throw error;
  });
}

/**
 * Whether a summary has the test figures that its model has; null where that cannot be said: another engine evaluated it, or
 * a program of another version, whose kernels may round otherwise.
 */
export function hasTestFigures(trained: TrainedModel, summary: Summary, found: Means, program: string): boolean | null {
  if (summary.engine !== 'wasm' || trained.program !== program) return null;
  return jsonText(summary.test) === jsonText(found);
}

/** The summary of a run that came to its end, if it is of what lies there; one that is not is made again. */
export async function finishedSummary(
  source: string,
  options: TrainOptions,
  wiring: Wiring,
  onEvent: (event: TrainEvent) => void,
): Promise<Summary | null> {
  const warn = (message: string) => onEvent({ type: 'warning', message });
  try {
    const summary = await readSummary(source);
    if (summary === null) return null;
    const trained = await readTrainedModel(source);
    const finished = await readFinished(trained);
    // config.json may have been changed since, by a process that was killed then or by hand
    if (finished === null || !isAtEnd(finished.history, options)) return null;
    const figures = await testFigures(trained, wiring);
    if (figures === null || hasTestFigures(trained, summary, figures, wiring.programVersion) !== false) return summary;
    warn(`${source}/summary.json has other test figures than its model: it is made again`);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    warn(`${error.what}: ${error.why}; what a finished run leaves is made again`);
  }
  return null;
}

/** null where the data are not there any more. */
async function testFigures(trained: TrainedModel, wiring: Wiring): Promise<Means | null> {
  const data = await loadFor(trained, null).catch((error: unknown) => {
    if (error instanceof LockstepError) return null;
    throw error;
  });
  return data === null ? null : (await infer(trained.model, data.test, null, wiring)).means;
}

/** The first epoch (1-based) of which the two say different things. */
function firstOther(history: readonly EpochRecord[], { epochs }: Summary): number | null {
  const of = (one: Pick<EpochRecord, 'epoch' | 'train' | 'validation' | 'samples'>) =>
    jsonText([one.epoch, one.train, one.validation, one.samples]);
  for (let i = 0; i < Math.max(history.length, epochs.length); i++) {
    const [a, b] = [history[i], epochs[i]];
    if (a === undefined || b === undefined || of(a) !== of(b)) return i + 1;
  }
  return null;
}

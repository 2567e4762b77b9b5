// From a run's options to a run that is ready to begin, new or resumed: its data, its folder, and where it starts. All that
// can be refused is refused here, before anything is changed on the disk.

import { join, resolve } from 'node:path';
import type { LoadedDataset } from '../../src/data/dataset.ts';
import { stepsPerEpoch } from '../../src/data/sampler.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import type { Layout } from '../../src/model/layout.ts';
import { NUMERICS_VERSION } from '../../src/numerics.ts';
import { configForFile } from '../../src/options/config.ts';
import { configSchemaText, schemaFileName } from '../../src/options/config-schema.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { withoutEffect } from '../../src/options/without-effect.ts';
import { type Checkpoint, decodeCheckpoint, stateFileName } from '../../src/run/checkpoint.ts';
import { differences } from '../../src/run/differences.ts';
import { jsonText } from '../../src/run/disk-records.ts';
import { refuseEdits } from '../../src/run/edited-config.ts';
import type { EpochRecord, Summary, TrainEvent } from '../../src/run/events.ts';
import { bestEpochOf, startPosition } from '../../src/run/position.ts';
import { receiptsFileName } from '../../src/run/receipts.ts';
import { allowedNames, changesInVain, planResume, refuseChanges } from '../../src/run/resume-plan.ts';
import { type Change, type Facts, firstSelectable, type RecordedData, runConfigOf } from '../../src/run/run-record.ts';
import { refuseOtherNumerics } from '../../src/run/same-numerics.ts';
import { counted } from '../../src/text/counted.ts';
import { CheckpointStore, type Chosen, type Found } from '../run-folder/checkpoint-store.ts';
import { type RunAt, readRunAt } from '../run-folder/read-run.ts';
import { withDataRecorded } from '../run-folder/run-data.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { readHistory } from '../run-folder/trained-model.ts';
import { initialWeights, readGivenInit } from './given-init.ts';
import { type ReadDataDeps, type RunData, readData } from './read-data.ts';

export interface OpenRun extends RunData {
  /** Both null where nothing is written. */
  readonly folder: RunFolder | null;
  readonly store: CheckpointStore | null;
  /** The checkpoint to go on from; null: step 0. */
  readonly start: Checkpoint | null;
  /** The weights that step 0 begins from, where the run was given some and begins there. */
  readonly given: Float32Array | null;
  /** The folder of the run that goes on; null: a new one. */
  readonly source: string | null;
  /** Whether `start` lies in `folder`. */
  readonly inPlace: boolean;
  readonly facts: Facts;
  readonly changes: readonly Change[];
  /** To be called when nothing more can be refused: a finished run that goes on is finished no more. */
  readonly begin: () => Promise<void>;
}

export interface OpenDeps extends ReadDataDeps {
  /** The run that goes on, as it was when the options were resolved; null: a new one. */
  readonly resumed: RunAt | null;
  readonly engine: string;
  readonly program: string;
  /** Throws where the engine cannot be had: bad usage, found before anything is written. */
  readonly checkEngine: () => Promise<void>;
  /** The summary of a run that came to its end, if it is of what lies there. */
  readonly finishedSummary: (source: string) => Promise<Summary | null>;
}

export interface FinishedRun {
  readonly finished: Summary;
  /** Flags that were given, and cannot matter to it. */
  readonly withoutEffect: readonly string[];
}

/** The run; or the summary of one that is finished, and is asked for nothing more. */
export async function openRun(deps: OpenDeps): Promise<OpenRun | FinishedRun> {
  const { options, resumed, engine, onEvent } = deps;
  const source = options.resume;
  if (source === null) return await openNew(deps);
  // as a new one it would train from the start, unnoticed
  if (resumed === null) throw new Error(`${source} is to go on, and was not read`);
  const inPlace = options.out === null || resolve(options.out) === resolve(source);

  const { options: recorded } = withDataRecorded(options, null);
  const { before, chosen } = resumed;
  const facts = { config: configForFile(recorded), engine, dataDigest: before.facts.dataDigest };
  refuseChanges(differences(before.facts, facts), allowedNames(options.allowChange), source);
  if (!inPlace) {
    await deps.checkEngine();
    return await openResumed(deps, source, null);
  }
  refuseLoss(source, chosen);
  const finished = asksNothingMore(before.options, options) ? await deps.finishedSummary(source) : null;
  const tell = (message: string) => onEvent({ type: 'info', message });
  if (finished !== null) {
    // its process may have been killed after its last word, with the folder still held
    await RunFolder.tidy(source, tell);
    return { finished, withoutEffect: withoutEffect(before.options, recorded) };
  }
  await deps.checkEngine();

  const folder = await RunFolder.open(source, tell);
  try {
    return await openResumed(deps, source, folder);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function openNew(deps: OpenDeps): Promise<OpenRun> {
  const { engine, program, checkEngine, onEvent } = deps;
  await checkEngine();
  const init = await readGivenInit(deps.options);
  const { dataDigest, ...read } = await readData(deps);
  const options = init === null ? read.options : { ...read.options, init: init.init };
  const warn = (message: string) => onEvent({ type: 'warning', message });
  const given = init?.weights(read.shape.layout, options, warn) ?? null;
  const { options: recorded, dataFromRun } = withDataRecorded(options, options.out);
  const facts = { config: configForFile(recorded), engine, dataDigest };
  const folder =
    options.out === null
      ? null
      : await newFolder(options.out, runConfigOf(facts, program, [], dataFromRun, understood(read.data)));
  const store = folder === null ? null : new CheckpointStore(folder.path);
  const where = { folder, store, start: null, source: null, inPlace: true };
  return { ...read, options, given, ...where, facts, changes: [], begin: nothing };
}

/** `folder`: the run's own, when it goes on there. */
async function openResumed(deps: OpenDeps, source: string, folder: RunFolder | null): Promise<OpenRun> {
  const { engine, program, onEvent } = deps;
  const { dataDigest, ...read } = await readData(deps);
  const { options } = read;
  const { options: recorded, dataFromRun } = withDataRecorded(options, folder?.path ?? options.out);
  const facts = { config: configForFile(recorded), engine, dataDigest };
  const passedOver = (path: string, why: string) =>
    onEvent({ type: 'warning', message: `The checkpoint ${path} is passed over: ${why}` });
  const store = new CheckpointStore(source);
  // with the folder taken, nobody changes it any more; until then somebody may have, so that it is read anew
  if (folder !== null) await store.tidy();
  const { written, before, chosen } = await readRunAt(source, options.from, store, passedOver);
  refuseChanges(differences(before.facts, facts), allowedNames(options.allowChange), source);
  if (folder !== null) refuseLoss(source, chosen);
  const found = chosen === null ? await store.newest(passedOver) : await store.withAllEpochs(chosen);
  const start = found === null ? null : checkpointOf(found, read.shape.layout);
  const given = start === null ? await initialWeights(options, read.shape.layout) : null;
  if (start !== null && start.program !== program) onEvent({ type: 'info', message: otherProgram(start, program) });
  if (start !== null) {
    // asked for was compared with config.json; that file may say something else than the checkpoint
    const at = join(store.pathOf(start.position.step), stateFileName);
    const config = { ...written, path: join(source, 'config.json') };
    refuseEdits({ ...start, path: at }, config, allowedNames(options.allowChange), true);
    await compareHistory(source, start.position.history, onEvent);
  }
  const position = start?.position ?? startPosition;
  const plan = planResume(
    position,
    start ?? { facts, changes: [] },
    facts,
    options,
    stepsPerEpoch(read.numbers.training.length, options.batchSize),
  );
  const { changes } = plan;
  onEvent({ type: 'info', message: resuming(source, start) });
  const vain = changesInVain(position, plan, start?.changes.length ?? 0, options.patience);
  if (vain.length > 0) onEvent({ type: 'warning', message: inVain(vain, position.step) });

  const runConfig = runConfigOf(facts, program, changes, dataFromRun, understood(read.data));
  if (folder === null) {
    const elsewhere = await newFolder(options.out!, runConfig);
    return {
      ...read,
      folder: elsewhere,
      store: new CheckpointStore(elsewhere.path),
      start,
      given,
      source,
      inPlace: false,
      facts,
      changes,
      begin: nothing,
    };
  }
  const files = ['config.json', schemaFileName, 'history.json', receiptsFileName, 'model.safetensors', 'summary.json'];
  await folder.expectFiles(files);
  const begin = async () => {
    // what may fail comes first; that the run is longer now is seen where summary.json is left behind
    await folder.writeJson('config.json', runConfig, ExitCode.usage);
    // that of this program: it may be another than the one that began
    await folder.writeFile(schemaFileName, configSchemaText(), ExitCode.usage);
    await folder.remove('summary.json');
  };
  return { ...read, folder, store, start, given, source, inPlace: true, facts, changes, begin };
}

function understood({ form, classNames, validation, testDrawn }: LoadedDataset): RecordedData {
  return { form, classNames, validation, testDrawn };
}

/** config.json comes first: without it the folder would be no run, and with anything else in it no folder for one. */
async function newFolder(path: string, runConfig: object): Promise<RunFolder> {
  const folder = await RunFolder.create(path, runConfig);
  try {
    await folder.writeFile(schemaFileName, configSchemaText(), ExitCode.usage);
    return folder;
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

function inVain(names: readonly string[], step: number): string {
  return `The run ends at step ${step}, from which it goes on, so that nothing is trained with another ${names.join(', ')}: go on from an earlier step, or raise --epochs`;
}

const nothing = async (): Promise<void> => undefined;

/** What stands in both, the checkpoint and history.json, is the same. One that cannot be read is made again. */
async function compareHistory(
  source: string,
  known: readonly EpochRecord[],
  onEvent: (event: TrainEvent) => void,
): Promise<void> {
  let written: readonly EpochRecord[];
  try {
    written = (await readHistory(source)) ?? [];
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    onEvent({ type: 'warning', message: `${error.what}: ${error.why}; it is made again` });
    return;
  }
  // one that --max-steps cut short has other steps than the whole one
  const other = known.find((epoch, i) => written[i]?.steps === epoch.steps && jsonText(written[i]) !== jsonText(epoch));
  if (other === undefined) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
    what: `${source} cannot go on`,
    why: `of epoch ${other.epoch} its history.json says something else than its newest checkpoint`,
    mend: 'Put the right history.json back, or remove it: it is made again from the checkpoint',
  });
}

/** What is later than the checkpoint that a run goes on from would be lost, one by one, as new ones are written. */
function refuseLoss(source: string, chosen: Chosen | null): void {
  if (chosen === null || chosen.newestStep === chosen.body.step) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_RESUME_REFUSED',
    what: `${source} has later checkpoints than that of step ${chosen.body.step}`,
    why: `the newest is that of step ${chosen.newestStep}: going on in the same folder would lose what came in between`,
    mend: 'Go on in another folder, and leave this one as it is: --out DIR',
  });
}

export function checkpointOf(found: Found, layout: Layout): Checkpoint {
  refuseOtherNumerics(found.body, found.path);
  const checkpoint = decodeCheckpoint(layout, found.body, found.tensors);
  if (checkpoint !== null && lacksBest(checkpoint)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_CHECKPOINT_UNUSABLE',
      what: `${found.path} cannot be used`,
      why: 'it has no parameters of the best epoch, and its history says that there is one',
      mend: 'Move this checkpoint out of the run folder: the one before it is taken then',
    });
  }
  if (checkpoint !== null) return checkpoint;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_RESUME_REFUSED',
    what: 'The network of a run cannot be changed',
    why: `the parameters in ${found.path} are those of another one (other --hidden, image size or number of classes)`,
    mend: 'Leave it as it was, or start a new run',
  });
}

/** Another epoch would silently be the best. */
function lacksBest({ facts, changes, position: { history }, bestParameters }: Checkpoint): boolean {
  if (facts.config['select'] !== 'best' || bestParameters !== null) return false;
  return bestEpochOf(history, firstSelectable(changes, history)) !== -1;
}

/** Of a run that is finished: as long as it was, and with the same parameters kept. */
function asksNothingMore(before: TrainOptions, now: TrainOptions): boolean {
  return (['epochs', 'maxSteps', 'patience', 'select'] as const).every((name) => before[name] === now[name]);
}

function resuming(source: string, start: Checkpoint | null): string {
  if (start === null) return `Resuming ${source} from step 0: it has no checkpoint that can be used`;
  const { step, history } = start.position;
  return `Resuming ${source} from step ${step}, after ${counted(history.length, 'whole epoch')}`;
}

function otherProgram({ position, program }: Checkpoint, now: string): string {
  return `The checkpoint of step ${position.step} was written by lockstep ${program}, and this is ${now}: both have numerics version ${NUMERICS_VERSION}, and so the same bits`;
}

// May this run go on as asked? What a resumed run does otherwise than before is found, and refused or recorded. Pure.

import { LockstepError } from '../errors.ts';
import { maxTotalSteps } from '../options/config.ts';
import { flagName, optionKeys } from '../options/option-table.ts';
import { readingKeys } from '../options/reading.ts';
import { didYouMean } from '../text/nearest.ts';
import { allowable, type Difference, differences, differenceText, type Recorded, valuesBefore } from './differences.ts';
import { endStepOf, epochStartOf, isOutOfPatience, type Position, patienceEnd } from './position.ts';
import type { Change, Facts } from './run-record.ts';

/** They decide which samples a step takes: the middle of an epoch would have another place after a change. */
const sampling = ['batchSize', 'seed', 'valSize', 'limitTrain', 'data'];

/** The names of --allow-change as the table has them: batch-size and --batch-size mean batchSize. */
export function allowedNames(given: readonly string[]): string[] {
  return given.map((text) => {
    const bare = text.trim().replace(/^--/, '');
    const name = [...optionKeys, 'engine'].find((key) => key === bare || flagNameOf(key) === bare);
    if (name !== undefined) return name;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--allow-change does not know "${text}"`,
      why: 'it takes names of options, with commas between them',
      mend: didYouMean(bare, allowable),
    });
  });
}

/** Refuses, by name, what was changed without leave. `run` names the run folder. */
export function refuseChanges(found: readonly Difference[], allowed: readonly string[], run: string): void {
  const refused = found.filter(({ name }) => name === 'init' || !allowed.includes(name));
  if (refused.length === 0) return;
  // images that are read otherwise are other data
  const asked = refused.flatMap(({ name }) => (readingKeys.some((key) => key === name) ? [name, 'data'] : [name]));
  const names = [...new Set(asked)].join(',');
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_RESUME_REFUSED',
    what: `${run} was started with another ${refused.map(({ name }) => name).join(', ')}`,
    why: `${refused.map(differenceText).join('; ')}: the result would not be that of an uninterrupted run`,
    mend: refused.some(({ name }) => name === 'hidden' || name === 'init')
      ? 'Leave it as it was, or start a new run: the network of a run and the weights that it began from cannot be changed'
      : `Leave it as it was, or allow it with --allow-change ${names}, which is recorded in config.json`,
  });
}

export interface ResumePlan {
  /** Where the run ends. */
  readonly endStep: number;
  /** Those of before, and those of now. */
  readonly changes: readonly Change[];
}

/** Whether a run can go on from `position`, reached with `before`, as `now` asks. */
export function planResume(
  position: Position,
  before: { readonly facts: Facts; readonly changes: readonly Change[] },
  now: Facts,
  length: { readonly epochs: number; readonly maxSteps: number | null; readonly patience: number | null },
  stepsInEpoch: number,
): ResumePlan {
  const found = differences(before.facts, now);
  const moved = found.filter(({ name }) => sampling.includes(name));
  const { step, history } = position;
  if (moved.length > 0 && step > epochStartOf(position)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_RESUME_REFUSED',
      what: `${moved.map(({ name }) => name).join(', ')} can only be changed at the end of an epoch`,
      why: `the newest checkpoint, of step ${step}, is in the middle of epoch ${history.length + 1}`,
      mend: `Resume without the change and with --epochs ${history.length + 1} first, then with the change and more epochs`,
    });
  }
  const endStep = endStepOf(position, length, stepsInEpoch);
  if (endStep < step) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_RESUME_REFUSED',
      what: `The run is beyond that: it has done ${step} steps`,
      why: `with --epochs ${length.epochs}${length.maxSteps === null ? '' : ` and --max-steps ${length.maxSteps}`} it would have ended at step ${endStep}`,
      mend: 'Raise them, or leave them out',
    });
  }
  refuseLessPatience(position, before.facts, length.patience);
  refuseLengthWithoutEffect(position, before.facts, length, stepsInEpoch);
  if (endStep > maxTotalSteps) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_RESUME_REFUSED',
      what: `The run would end at step ${endStep}`,
      why: `the step counter ends at ${maxTotalSteps}, and ${step} steps are done`,
      mend: 'Lower --epochs, or give --max-steps',
    });
  }
  return {
    endStep,
    changes: [
      ...before.changes,
      ...[...found, ...lengthOfEarlierPlan(before, now, found)].map((difference) => ({
        step,
        epochsDone: history.length,
        ...difference,
      })),
    ],
  };
}

/**
 * Another length of a run that had a plan for all epochs and has none any more: it changes no step to come, and needs no
 * leave, but without it nobody could tell what the plan of the steps before was.
 */
function lengthOfEarlierPlan(before: Recorded, now: Facts, found: readonly Difference[]): Difference[] {
  const [from, to] = [before.facts, now].map(({ config }) => config['epochs'] ?? valuesBefore['epochs']);
  const hadPlan = before.changes.some(({ name }) => name === 'schedule' || name === 'warmup');
  if (!hadPlan || from === to || found.some(({ name }) => name === 'epochs')) return [];
  return [{ name: 'epochs', from, to }];
}

/** Less patience than before would have ended the run: an uninterrupted one would not have come here. */
function refuseLessPatience(position: Position, before: Facts, patience: number | null): void {
  const { step, history } = position;
  const { patience: known = null } = before.config;
  const end = known === patience ? null : patienceEnd(history, patience);
  if (end === null || (end === history.length && step === epochStartOf(position))) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_RESUME_REFUSED',
    what: `The run is beyond that: it has done ${history.length} epochs and ${step - epochStartOf(position)} steps`,
    why: `with --patience ${patience} it would have ended after epoch ${end}`,
    mend: 'Give --patience a higher value; without the flag that of config.json holds',
  });
}

/** A run that is at its end, and would be with what is asked for as well. */
function refuseLengthWithoutEffect(
  position: Position,
  { config }: Facts,
  length: Parameters<typeof planResume>[3],
  stepsInEpoch: number,
): void {
  const { step, history } = position;
  const { epochs, maxSteps, patience } = length;
  const known = { ...valuesBefore, ...config } as typeof length;
  const impatient = isOutOfPatience(history, patience);
  const isAtEnd = (each: typeof length) =>
    isOutOfPatience(history, each.patience) || endStepOf(position, each, stepsInEpoch) === step;
  if (!isAtEnd(known) || !isAtEnd(length)) return;
  const asked = [
    ...(epochs === known.epochs ? [] : [`--epochs ${epochs}`]),
    ...(maxSteps === known.maxSteps ? [] : [maxSteps === null ? 'no --max-steps' : `--max-steps ${maxSteps}`]),
    ...(patience === known.patience ? [] : [patience === null ? 'no --patience' : `--patience ${patience}`]),
  ].join(' and ');
  if (asked === '') return;
  const [why, mend] = impatient
    ? [`out of --patience ${patience}`, `Give it more patience as well, e.g. --patience ${epochs} --epochs ${epochs}`]
    : maxSteps === step
      ? [`at --max-steps ${maxSteps}`, 'Raise --max-steps as well']
      : [`at --epochs ${epochs}`, 'Raise --epochs as well'];
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_RESUME_REFUSED',
    what: `The run trains nothing more with ${asked}`,
    why: `it ended after ${history.length} whole epochs and ${step} steps, ${why}`,
    mend: `${mend}; or leave ${asked} out`,
  });
}

/** Names of the changes that a run makes at its end, where no step is left that they could decide; of its choice, --select does. */
export function changesInVain(
  position: Position,
  { endStep, changes }: ResumePlan,
  known: number,
  patience: number | null,
): string[] {
  if (endStep > position.step && !isOutOfPatience(position.history, patience)) return [];
  return changes
    .slice(known)
    .map(({ name }) => name)
    .filter((name) => name !== 'select' && name !== 'data');
}

function flagNameOf(key: string): string | null {
  const known = optionKeys.find((option) => option === key);
  return known === undefined ? null : flagName(known).replace(/^--(no-)?/, '');
}

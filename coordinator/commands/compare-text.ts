// Runs side by side: in what they were asked for other things, what came of each, and whether that is the same. Pure.

import { allowable, differingValues } from '../../src/run/differences.ts';
import { commonSteps, firstDifference } from '../../src/run/receipts.ts';
import type { Means } from '../../src/sums.ts';
import { counted } from '../../src/text/counted.ts';
import { differingValue } from '../../src/text/shown-value.ts';
import type { RunSide } from '../run-folder/run-side.ts';
import { digestTable, figureTable, fits, sentences, table } from './result-text.ts';

interface DifferingOption {
  readonly name: string;
  /** Whether the bits depend on it. */
  readonly inBits: boolean;
  /** One a run; of data their SHA-256. */
  readonly values: readonly unknown[];
}

export interface RunComparison {
  readonly runs: readonly RunSide[];
  readonly options: readonly DifferingOption[];
  /** Whether all are finished and left the same; null: not all are. */
  readonly sameDigest: boolean | null;
  /**
   * Of each run behind the first: after how many steps its parameters are others than the first one's for the first time, by their
   * receipts. null: after none that both tell of. 'unknown': one of the two has no receipts, or they have no step in common.
   */
  readonly partedAfter: readonly (number | null | 'unknown')[];
  /** The same of their last known states; null: those are not of one step, or not known. */
  readonly sameState: boolean | null;
}

export function compareRuns(runs: readonly RunSide[]): RunComparison {
  const options = differingValues(runs.map(({ facts }) => facts)).map((one) => ({
    ...one,
    inBits: allowable.includes(one.name),
  }));
  const same = (values: readonly unknown[]) => values.every((value) => value === values[0]);
  const digests = runs.map(({ digest }) => digest);
  const states = runs.map(({ stateDigest }) => stateDigest);
  const ofOneStep = same(runs.map(({ stateStep }) => stateStep)) && runs[0]!.stateStep !== null;
  return {
    runs,
    options,
    sameDigest: digests.includes(null) ? null : same(digests),
    partedAfter: runs.slice(1).map((run) => partedAfter(runs[0]!, run)),
    sameState: ofOneStep ? same(states) : null,
  };
}

function partedAfter({ receipts: a }: RunSide, { receipts: b }: RunSide): number | null | 'unknown' {
  if (a === null || b === null) return 'unknown';
  return commonSteps(a, b).length === 0 ? 'unknown' : firstDifference(a, b);
}

export function comparisonJson({ runs, options, sameDigest, sameState, partedAfter }: RunComparison): object {
  return {
    runs: runs.map(({ folder, program, steps, digest, stateDigest, stateStep, summary, history, changes }) => ({
      run: folder,
      program,
      steps,
      finished: summary !== null,
      test: summary?.test ?? null,
      digest,
      stateDigest,
      stateStep,
      changes,
      epochs: history,
    })),
    options,
    partedAfter,
    sameDigest,
    sameState,
  };
}

/** `width`: cells of the terminal; null: it is none. */
export function comparisonText(comparison: RunComparison, width: number | null): string {
  const { runs } = comparison;
  return [
    table(
      [['Run', 'Folder', 'Version'], ...runs.map(({ folder, program }, i) => [numbered(i), folder, program])],
      width,
    ),
    optionsText(comparison, width),
    changesText(runs, width),
    epochsText(runs, width),
    outcomeText(runs, width),
    partedText(comparison, width),
    sentences([verdictText(comparison)], width),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function optionsText({ runs, options }: RunComparison, width: number | null): string {
  if (options.length === 0) return 'No recorded option differs.\n';
  return table(
    [
      ['Option', ...runs.map((_, i) => numbered(i)), 'In the bits'],
      ...options.map(({ name, values, inBits }) => [
        name,
        ...values.map((value) => differingValue(name, value)),
        inBits ? 'yes' : 'no',
      ]),
    ],
    width,
  );
}

/** What a run did otherwise from a step on: its options above are those that it ended with. */
function changesText(runs: readonly RunSide[], width: number | null): string {
  const rows = runs.flatMap(({ changes }, i) =>
    changes.map(({ step, name, from, to }) => [
      numbered(i),
      String(step),
      name,
      differingValue(name, from),
      differingValue(name, to),
    ]),
  );
  return rows.length === 0 ? '' : table([['Run', 'From step', 'Changed', 'Before', 'Since'], ...rows], width);
}

function epochsText(runs: readonly RunSide[], width: number | null): string {
  const count = Math.max(...runs.map(({ history }) => history.length));
  if (count === 0) return '';
  const columns = [
    ['train loss', 'train', 'loss'],
    ['train accuracy', 'train', 'accuracy'],
    ['val. loss', 'validation', 'loss'],
    ['val. accuracy', 'validation', 'accuracy'],
  ] as const;
  const cell = (means: Means | null | undefined, figure: 'loss' | 'accuracy') => means?.[figure].toFixed(4) ?? '-';
  const tableOf = (shown: readonly (typeof columns)[number][], room: number | null) =>
    figureTable(
      [
        ['Epoch', ...shown.flatMap(([title]) => runs.map((_, i) => `${title} ${i + 1}`))],
        ...Array.from({ length: count }, (_, epoch) => [
          String(epoch + 1),
          ...shown.flatMap(([, split, figure]) => runs.map(({ history }) => cell(history[epoch]?.[split], figure))),
        ]),
      ],
      room,
    );
  // where there is no room for all, the runs' figures of one kind stay side by side
  const whole = tableOf(columns, null);
  return width === null || fits(whole, width) ? whole : columns.map((one) => tableOf([one], width)).join('\n');
}

function outcomeText(runs: readonly RunSide[], width: number | null): string {
  return digestTable(
    (shown) => [
      ['Run', 'Steps', 'Test loss', 'Test accuracy', 'Digest', 'State digest'],
      ...runs.map(({ steps, summary, digest, stateDigest, stateStep }, i) => [
        numbered(i),
        String(steps),
        summary?.test.loss.toFixed(4) ?? 'not finished',
        summary?.test.accuracy.toFixed(4) ?? '-',
        digest === null ? '-' : shown(digest),
        stateDigest === null ? '-' : `${shown(stateDigest)}${stateStep === steps ? '' : ` of step ${stateStep}`}`,
      ]),
    ],
    width,
  );
}

function partedText({ partedAfter }: RunComparison, width: number | null): string {
  return table(
    [
      ['Run', 'First step that differs from run 1, by the receipts'],
      ...partedAfter.map((after, i) => [
        numbered(i + 1),
        after === 'unknown'
          ? 'unknown: there are no receipts of both'
          : after === null
            ? 'none that both tell of'
            : after === 0
              ? 'the first parameters already'
              : `step ${after - 1}: other parameters after ${counted(after, 'step')}`,
      ]),
    ],
    width,
  );
}

function verdictText({ sameDigest, sameState }: RunComparison): string {
  const models = {
    true: 'The models are equal to the bit.',
    false: 'The models differ.',
    null: 'Not all are finished.',
  };
  const states = {
    true: 'The last states are equal to the bit.',
    false: 'The last states differ.',
    null: 'Their last known states are not of one step.',
  };
  return `${models[`${sameDigest}`]} ${states[`${sameState}`]}`;
}

function numbered(i: number): string {
  return String(i + 1);
}

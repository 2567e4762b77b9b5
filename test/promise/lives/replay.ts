// A run's bits by a loop of the test's own: one block a step, on one thread, without trainer, resume plan, executors and
// checkpoints. It is told what a run's configuration was at its end, and which changes were recorded at which step.

import type { Dataset } from '../../../src/data/dataset.ts';
import { epochOrder, splitImages, stepsPerEpoch } from '../../../src/data/sampler.ts';
import { ROW_GROUPS } from '../../../src/kernels/kernels.ts';
import { layRun } from '../../../src/kernels/lay-memory.ts';
import { PART_SAMPLES } from '../../../src/kernels/memory-shape.ts';
import type { RunMemory } from '../../../src/kernels/run-memory.ts';
import { wiring } from '../../../src/library.ts';
import { ADAM } from '../../../src/model/adam.ts';
import { initialParameters } from '../../../src/model/init.ts';
import { learningRateAt } from '../../../src/model/schedule.ts';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import { digestOf, type State, stateDigestOf } from '../../../src/run/digest.ts';
import type { EpochRecord } from '../../../src/run/events.ts';
import type { Change } from '../../../src/run/run-record.ts';
import { shapeOf } from '../../../src/run/run-shape.ts';
import type { Means } from '../../../src/sums.ts';
import { makeEngine } from '../../../worker/engines/make-engine.ts';

export interface Bits {
  readonly digest: string;
  readonly stateDigest: string;
  readonly history: readonly EpochRecord[];
  readonly test: Means;
}

/** Undoes the changes, the last one first: the options that the run began with. */
function optionsAtStart(final: TrainOptions, changes: readonly Change[]): TrainOptions {
  return withValues(
    final,
    changes
      .toReversed()
      .filter(({ name }) => name !== 'data')
      .map(({ name, from }) => [name, from]),
  );
}

/** Of several values of a name, the last. */
function withValues(options: TrainOptions, values: readonly (readonly [string, unknown])[]): TrainOptions {
  return { ...options, ...Object.fromEntries(values) };
}

/** @param dataDigest of the data at the end; `dataOf` finds data by it */
export async function replay(
  final: TrainOptions,
  changes: readonly Change[],
  dataDigest: string,
  dataOf: (digest: unknown) => Dataset,
): Promise<Bits> {
  let options = optionsAtStart(final, changes);
  let data = dataOf(changes.find(({ name }) => name === 'data')?.from ?? dataDigest);
  let machine = await machineOf(options, data, 0, null);
  let [beta1Power, beta2Power] = [1, 1];
  let step = 0;
  const history: EpochRecord[] = [];
  let best: { loss: number; parameters: Float32Array } | null = null;

  const applyChanges = async (): Promise<void> => {
    const due = changes.filter((change) => change.step === step && change.epochsDone === history.length);
    if (due.length === 0) return;
    const before = options;
    // the folder of the data is no recorded option: their digest is
    const isData = ({ name }: Change) => name === 'data';
    options = withValues(
      options,
      due.filter((change) => !isData(change)).map(({ name, to }) => [name, to]),
    );
    for (const { to } of due.filter(isData)) data = dataOf(to);
    if (options.select === 'best' && before.select !== 'best') {
      best = null;
    }
    machine = await machineOf(options, data, step, machine.state(step));
  };

  await applyChanges();
  for (let epoch = 0; epoch < final.epochs && step < (final.maxSteps ?? Infinity); epoch++) {
    if (final.patience !== null && epochsWithoutGain(history) >= final.patience) break;
    const sums = { lossSum: 0, correctCount: 0, sampleCount: 0 };
    const epochStart = step;
    let whole = false;
    while (!whole && step < (final.maxSteps ?? Infinity)) {
      const stepsInEpoch = stepsPerEpoch(machine.trainingCount, options.batchSize);
      beta1Power *= ADAM.beta1;
      beta2Power *= ADAM.beta2;
      const planned = epochStart + (options.epochs - epoch) * stepsInEpoch;
      const learningRate = learningRateAt(options, step, planned);
      const scalars = { learningRate, beta1Power, beta2Power, decay: learningRate * options.weightDecay };
      const done = machine.step(epoch, step, step - epochStart, scalars);
      sums.lossSum += done.lossSum;
      sums.correctCount += done.correctCount;
      sums.sampleCount += done.sampleCount;
      step++;
      whole = step - epochStart === stepsInEpoch;
      await applyChanges();
    }
    const validation = options.valSize > 0 ? machine.evaluate('validation', step, epoch) : null;
    const stateDigest = stateDigestOf(machine.state(step), step);
    const figures = { train: means(sums), validation, samples: sums.sampleCount };
    history.push({ epoch: epoch + 1, steps: step, ...figures, stateDigest });
    if (validation !== null && !Number.isNaN(validation.loss) && (best === null || validation.loss < best.loss)) {
      best = { loss: validation.loss, parameters: machine.state(step).parameters };
    }
    await applyChanges();
  }
  const state = machine.state(step);
  const chosen = final.select === 'best' && best !== null ? best.parameters : state.parameters;
  const judge = await machineOf(options, data, step, { ...state, parameters: chosen });
  return {
    digest: digestOf(chosen),
    stateDigest: stateDigestOf(state, step),
    history,
    test: judge.evaluate('test', step, 0),
  };
}

/** Of those with a validation. */
function epochsWithoutGain(history: readonly EpochRecord[]): number {
  const losses = history.flatMap(({ validation }) => (validation === null ? [] : [validation.loss]));
  if (losses.some(Number.isNaN)) throw new Error('no life comes to this');
  return losses.length === 0 ? -1 : losses.length - 1 - losses.indexOf(Math.min(...losses));
}

function means({ lossSum, correctCount, sampleCount }: { lossSum: number; correctCount: number; sampleCount: number }) {
  return { loss: lossSum / sampleCount, accuracy: correctCount / sampleCount };
}

/** Memory and kernels for a configuration, with a state in it. */
async function machineOf(options: TrainOptions, data: Dataset, first: number, state: State | null) {
  const split = splitImages(options.seed, data.train.count, options.valSize, options.limitTrain);
  const shape = shapeOf(options, data, split, 1, options.shards);
  const memory = layRun(shape, wiring.sharedKernels(), wiring.heapBase());
  memory.setData(data.train, data.test, split.validation);
  const begin = state ?? { parameters: initialParameters(shape.layout, options.seed) };
  memory.setState(first, begin.parameters, ...(state === null ? [] : [state.firstMoments, state.secondMoments]));
  const spec = {
    name: 'wasm' as const,
    augmentValidation: options.augmentValidation,
  };
  const engine = await makeEngine(spec, memory, 0);
  let ordered = -1;
  return {
    trainingCount: split.training.length,
    state: (step: number): State => memory.state(step),
    step(epoch: number, step: number, stepInEpoch: number, scalars: Parameters<RunMemory['setStepScalars']>[1]) {
      if (ordered !== epoch) memory.setOrder(epoch, epochOrder(options.seed, epoch, split.training));
      ordered = epoch;
      memory.useOrder(epoch);
      memory.setStepScalars(step, scalars);
      // every shard by itself, and the tree by the update
      const shards = Array.from({ length: options.shards }, (_, index) => ({ level: 0, index }));
      shards.forEach((block, slot) => {
        engine.computeBlock({ epoch, step, stepInEpoch }, block, slot);
      });
      memory.setTreeNodes(
        shards,
        shards.map((_, slot) => slot),
      );
      const samples = Math.min(options.batchSize, split.training.length - stepInEpoch * options.batchSize);
      for (let slice = 0; slice <= ROW_GROUPS; slice++) {
        if (!engine.updateSlice(step, shards.length, samples, slice)) throw new Error('not finite');
      }
      memory.addTreeNodes(step, shards.length);
      return memory.stepSums(step);
    },
    evaluate(name: 'validation' | 'test', step: number, epoch: number): Means {
      const count = name === 'test' ? data.test.count : split.validation.length;
      const sums = { lossSum: 0, correctCount: 0, sampleCount: 0 };
      for (let part = 0; part * PART_SAMPLES < count; part++) {
        engine.evaluatePart(name, part, step, epoch);
        const figures = memory.sums(memory.partSumsAt(part));
        sums.lossSum += figures.lossSum;
        sums.correctCount += figures.correctCount;
        sums.sampleCount += figures.sampleCount;
      }
      return means(sums);
    },
  };
}

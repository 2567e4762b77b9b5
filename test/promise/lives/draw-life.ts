// Lives of runs, drawn by fast-check, which also makes a life that fails shorter.

import fc from 'fast-check';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import type { Life, NodeLife, Stage, ThreadFault } from './life.ts';

import { TRAIN } from './world.ts';

const VALIDATION_MOST = 40;

const recipe = {
  lr: fc.constantFrom(0.001, 0.01, 0.1),
  schedule: fc.constantFrom<TrainOptions['schedule']>('constant', 'cosine', 'onecycle'),
  warmup: fc.constantFrom(null, 0, 0.4),
  weightDecay: fc.constantFrom(0, 0.01),
  augment: fc.boolean(),
  augmentValidation: fc.boolean(),
  transpose: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  seed: fc.nat({ max: 5 }),
  // at least the shards, which are 16 at most; divides almost nothing
  batchSize: fc.integer({ min: 16, max: 50 }),
  shards: fc.constantFrom(1, 2, 4, 8, 16),
  valSize: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: VALIDATION_MOST }) },
    { weight: 1, arbitrary: fc.constant(0) },
  ),
  limitTrain: fc.option(fc.integer({ min: 1, max: TRAIN - VALIDATION_MOST })),
  select: fc.constantFrom<TrainOptions['select']>('last', 'best'),
};

const course = {
  epochs: fc.integer({ min: 1, max: 4 }),
  maxSteps: fc.option(fc.integer({ min: 1, max: 24 }), { freq: 4 }),
  patience: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 4 }),
  checkpointEvery: fc.oneof(fc.constant('epoch' as const), fc.integer({ min: 1, max: 6 })),
  keepLast: fc.integer({ min: 1, max: 3 }),
  checkpointErrors: fc.constantFrom<TrainOptions['checkpointErrors']>('warn', 'stop'),
};

const options: fc.Arbitrary<Partial<TrainOptions>> = fc
  .record({ ...recipe, ...course, hidden: fc.constantFrom([8], [12, 8]) })
  // as the program demands of a new run
  .map((drawn) => (drawn.valSize > 0 ? drawn : { ...drawn, patience: null, select: 'last' }));

const node: fc.Arbitrary<NodeLife> = fc.record({
  joinsAt: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 10 }) }),
  misfortune: fc.constantFrom('none', 'leaves', 'dies', 'late', 'notFinite', 'partsNotFinite', 'engineFails'),
  at: fc.nat({ max: 6 }),
});

/** Of two that say that a gradient is not finite the run takes it for true, and fails: only one says so of steps. */
const nodes = fc
  .array(node, { maxLength: 3 })
  .map((drawn) =>
    drawn.map((each, i) =>
      each.misfortune === 'notFinite' && drawn.findIndex(({ misfortune }) => misfortune === 'notFinite') < i
        ? { ...each, misfortune: 'none' as const }
        : each,
    ),
  );

const threadFault: fc.Arbitrary<ThreadFault> = fc.record({
  step: fc.nat({ max: 16 }),
  point: fc.constantFrom('compute', 'reduce', 'adam'),
});

const changeable = { ...recipe, ...course, data: fc.constantFrom<'own' | 'other'>('own', 'other') };
const changeableNames = Object.keys(changeable) as Name[];

type Name = keyof typeof changeable;
const sampling: Name[] = ['data', 'transpose', 'batchSize', 'limitTrain', 'valSize', 'seed'];

/** Some few options, any of them; or of those that decide which samples a step takes, and more epochs. */
const change = fc.oneof(
  fc.subarray(changeableNames, { maxLength: 3 }).chain((names) => valuesOf(names, changeable)),
  fc
    .subarray(sampling, { minLength: 1, maxLength: 2 })
    .chain((names) => valuesOf([...names, 'epochs'], { ...changeable, epochs: fc.integer({ min: 4, max: 6 }) })),
);

function valuesOf(names: readonly Name[], arbitraries: Readonly<Record<Name, fc.Arbitrary<unknown>>>) {
  const some = Object.fromEntries(names.map((name) => [name, arbitraries[name]]));
  // Sound because each name has the values of its option.
  return fc.record(some) as fc.Arbitrary<Partial<TrainOptions>>;
}

const ending = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ how: fc.constant('stop' as const), afterEvents: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ how: fc.constant('crash' as const), afterEvents: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      how: fc.constantFrom('stop' as const, 'crash' as const),
      afterLooks: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ how: fc.constant('kill' as const), afterEvents: fc.integer({ min: 1, max: 5 }) }),
  },
);

const work = {
  threads: fc.constantFrom(0, 0, 0, 1, 2, 3),
  nodes: fc.oneof(fc.constant([]), nodes),
  threadFaults: fc.oneof(fc.constant([]), fc.array(threadFault, { maxLength: 2 })),
  asks: fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 2 })),
  where: fc.oneof(
    { weight: 8, arbitrary: fc.constant({ elsewhere: false }) },
    { weight: 2, arbitrary: fc.constant({ elsewhere: true }) },
    { weight: 1, arbitrary: fc.constant({ elsewhere: true, from: 'best' as const }) },
    { weight: 1, arbitrary: fc.constant({ elsewhere: true, from: 'first' as const }) },
  ),
  change,
};

const finish = fc.constant({ how: 'finish' as const });
const stage = stageEnding(fc.oneof({ weight: 3, arbitrary: ending }, { weight: 1, arbitrary: finish }));
const lastStage = stageEnding(finish);

function stageEnding(end: fc.Arbitrary<Stage['end']>): fc.Arbitrary<Stage> {
  return fc.record({ ...work, end }).map(({ where, ...drawn }) => ({ ...drawn, ...where }));
}

export const drawnLife: fc.Arbitrary<Life> = fc
  .tuple(options, fc.array(stage, { maxLength: 3 }), lastStage)
  .map(([given, stages, last]) => ({
    options: given,
    stages: [...stages, last].map((each, i) => (i === 0 ? firstOf(each) : each)),
  }));

function firstOf({ from: _, ...stage }: Stage): Stage {
  return { ...stage, change: {}, elsewhere: false };
}

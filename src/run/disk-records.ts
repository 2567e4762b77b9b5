// What the JSON files of a run folder must hold, so that what lies on a disk is checked where it is read and not believed.
// Pure: the files are read elsewhere. Fields that are not known here are passed over: a newer program may have written them.
//
// Figures that are not finite stand as the words "NaN", "Infinity" and "-Infinity"; 0.1.0 wrote null, which counts as NaN.

import * as v from 'valibot';
import { visibleJson } from '../text/clean-text.ts';
import { shownValue } from '../text/shown-value.ts';
import type { EpochRecord, EpochTiming, Summary } from './events.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A step is a uint32. */
const step = v.pipe(count, v.maxValue(2 ** 32 - 1));
const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'no SHA-256 in hex'));
const figure = v.union([
  v.number(),
  v.pipe(
    v.null(),
    v.transform(() => Number.NaN),
  ),
  v.pipe(v.picklist(['NaN', 'Infinity', '-Infinity']), v.transform(Number)),
]);
const means = v.object({ loss: figure, accuracy: figure });
const sums = v.object({ lossSum: figure, correctCount: count, sampleCount: count });
const place = { epoch: v.pipe(count, v.minValue(1)) };
const epochFigures = { train: means, validation: v.nullable(means), samples: count };
/** 0.1.0 wrote none. */
const stateDigest = v.exactOptional(hex);
const timing = v.object({ seconds: figure, samplesPerSecond: figure });

/** Epochs that follow each other, the first of a run or later ones. */
const someEpochs = v.pipe(
  // in this order they are written again
  v.array(v.object({ ...place, steps: step, ...epochFigures, stateDigest })),
  v.check(
    (epochs) => epochs.every((one, i) => one.epoch === epochs[0]!.epoch + i),
    'its epochs do not follow each other',
  ),
  v.check((epochs) => epochs.every(({ steps }, i) => i === 0 || steps > epochs[i - 1]!.steps), 'its steps do not grow'),
);
const history = v.pipe(
  someEpochs,
  v.check((epochs) => (epochs[0]?.epoch ?? 1) === 1, 'its epochs are not 1, 2, 3 and so on'),
);

const summary = v.object({
  run: v.string(),
  engine: v.string(),
  seed: count,
  parameters: count,
  epochs: v.array(v.object({ ...place, ...epochFigures, seconds: figure, samplesPerSecond: figure })),
  test: means,
  samplesPerSecond: figure,
  seconds: figure,
  digest: hex,
  stateDigest: hex,
  bestEpoch: v.optional(count),
});

/** What an option can be. */
const scalar = v.nullable(v.union([v.string(), v.number(), v.boolean()]));
const option = v.union([scalar, v.array(scalar)]);
const changes = v.array(v.object({ step, epochsDone: v.optional(count), name: v.string(), from: option, to: option }));

const record = v.object({
  program: v.string(),
  engine: v.string(),
  dataDigest: hex,
  changes,
  dataFromRun: v.optional(v.string()),
  data: v.exactOptional(
    v.object({
      form: v.string(),
      classNames: v.nullable(v.pipe(v.array(v.string()), v.maxLength(256))),
      validation: count,
      testDrawn: v.boolean(),
    }),
  ),
});

const log = v.object({
  processes: v.array(
    v.object({
      started: v.string(),
      clockShiftSeconds: v.optional(v.number()),
      resumed: v.boolean(),
      environment: v.object({
        program: v.string(),
        node: v.string(),
        system: v.string(),
        processor: v.string(),
        cores: v.number(),
        memoryBytes: v.number(),
        threads: v.number(),
        nodes: v.boolean(),
        wide: v.optional(v.boolean()),
      }),
      events: v.array(
        v.object({
          seconds: v.number(),
          level: v.picklist(['info', 'warning']),
          message: v.string(),
          // 0.1.0 wrote none
          event: v.optional(v.looseObject({ type: v.string() })),
        }),
      ),
      omitted: count,
      computed: v.optional(v.array(v.object({ from: step, to: v.nullable(step), nodes: v.string() }))),
      ended: v.nullable(v.string()),
      exitCode: v.optional(count),
    }),
  ),
  omitted: v.optional(count),
});

const power = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const state = v.pipe(
  v.object({
    format: v.number(),
    step,
    sums,
    trainingSeconds: figure,
    beta1Power: power,
    beta2Power: power,
    validation: v.nullable(means),
    seconds: figure,
    program: v.string(),
    facts: v.object({ config: v.record(v.string(), option), engine: v.string(), dataDigest: hex }),
    changes,
    tensors: v.object({ file: v.string(), bytes: count, sha256: hex }),
    stateDigest: hex,
    numerics: v.exactOptional(count),
    receipts: v.exactOptional(v.object({ bytes: count, link: hex })),
    apart: v.optional(v.object({ epochs: v.pipe(count, v.minValue(1)), sha256: hex })),
    history: someEpochs,
    timings: v.array(timing),
  }),
  v.check(({ history, timings }) => history.length === timings.length, 'it has not as many timings as epochs'),
  v.check(({ history, step }) => (history.at(-1)?.steps ?? 0) <= step, 'its epochs have more steps than it has'),
  v.check(
    ({ history, apart }) => history.length === 0 || history[0]!.epoch === (apart?.epochs ?? 0) + 1,
    'its epochs do not begin where they should',
  ),
);

/** The figures of some epochs of a long run, apart from its checkpoints (epoch-segments.ts). */
const segment = v.pipe(
  v.object({ before: v.nullable(hex), history: someEpochs, timings: v.array(timing) }),
  v.check(({ history, timings }) => history.length === timings.length, 'it has not as many timings as epochs'),
);

/** Lines of a run's receipts (receipts.ts). */
const linked = { link: hex };
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'no hash of 32 hex digits'));
const receiptsHead = v.object({ receipts: count, numerics: count, step, parameters: hash, ...linked });
const receipt = v.union(
  [
    v.object({ step, parameters: hash, ...linked }),
    v.object({ step, state: hex, ...linked }),
    v.object({ step, changes, ...linked }),
  ],
  'no line of receipts',
);

export type ReadState = v.InferOutput<typeof state>;
export type ReadLog = v.InferOutput<typeof log>;
export type ReadRecord = v.InferOutput<typeof record>;

/** What was read, or why it cannot be that. */
export type Checked<T> = { readonly value: T } | { readonly why: string };

export const checkHistory = (value: unknown): Checked<EpochRecord[]> => checked(history, value);
export const checkSummary = (value: unknown): Checked<Summary> => {
  const found = checked(summary, value);
  if ('why' in found) return found;
  const { bestEpoch, ...rest } = found.value;
  return { value: bestEpoch === undefined ? rest : { ...rest, bestEpoch } };
};
export const checkLog = (value: unknown): Checked<ReadLog> => checked(log, value);
export const checkRecord = (value: unknown): Checked<ReadRecord> => checked(record, value);
export const checkSegment = (value: unknown): Checked<v.InferOutput<typeof segment>> => checked(segment, value);
export const checkReceiptsHead = (value: unknown): Checked<v.InferOutput<typeof receiptsHead>> =>
  checked(receiptsHead, value);
export const checkReceipt = (value: unknown): Checked<v.InferOutput<typeof receipt>> => checked(receipt, value);
export const checkState = (value: unknown): Checked<ReadState & { timings: EpochTiming[] }> => checked(state, value);

function checked<T extends v.GenericSchema>(schema: T, value: unknown): Checked<v.InferOutput<T>> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return { value: result.output };
  const [issue] = result.issues;
  const place = v.getDotPath(issue) ?? '';
  if (issue.kind === 'validation' && issue.type === 'check')
    return { why: [place, issue.message].filter(Boolean).join(': ') };
  const found = issue.input === undefined ? 'is missing' : `is ${shownValue(issue.input, 40)}`;
  const named = issue.type === 'regex' || (issue.type === 'union' && place === '');
  const wanted = named ? issue.message : `not ${issue.expected ?? 'that'}`;
  return { why: `${place === '' ? 'it' : place} ${found}${issue.input === undefined ? '' : `, ${wanted}`}` };
}

/** JSON that comes back as it was: figures that are not finite as words. What cannot be seen is escaped: people read it too. */
export function jsonText(value: unknown, indent?: number): string {
  const notFinite = (_: string, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? String(each) : each;
  return visibleJson(JSON.stringify(value, notFinite, indent));
}

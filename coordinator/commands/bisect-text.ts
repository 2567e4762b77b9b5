// Where two runs part, as text and as JSON. Pure.

import type { LockstepError } from '../../src/errors.ts';
import { comesToIt, type Statement, type Testimony } from '../../src/run/evidence.ts';
import type { TensorDifference } from '../../src/run/state-difference.ts';
import { counted } from '../../src/text/counted.ts';
import { differingValue } from '../../src/text/shown-value.ts';
import { type Bisection, type Computed, lastEqual, type Sides } from '../replay/bisect.ts';
import type { SampleDifference, ShardsDifference } from '../replay/shard-difference.ts';
import { figureTable, sentences, table } from './result-text.ts';

const names = ['A', 'B'] as const;

/** Of a long list the text shows so many; --json has all. */
const SHOWN = 8;

/** `width`: cells of the terminal; null: it is none. */
export function bisectionText(
  sides: Sides,
  found: Bisection,
  refusal: LockstepError | null,
  width: number | null,
): string {
  const { known, step, options, computed } = found;
  const equal = lastEqual(found);
  const [a, b] = sides.map(({ replay }) => replay.run.folder);
  const parts = [
    table(
      [
        ['A', a!],
        ['B', b!],
        [
          'What both say and is equal',
          `${known.hashes} ${known.hashes === 1 ? 'hash' : 'hashes'} of parameters, ${counted(known.states, 'whole state')}`,
        ],
        ['Last state known to be equal', equal === null ? 'none' : `after ${counted(equal, 'step')}`],
        ['First state that differs', step === null ? 'none is known' : `after ${counted(step, 'step')}`],
        ...(computed?.shards ? [['Step that made it', stepText(computed.shards)]] : []),
        ...ratesRow(computed),
      ],
      width,
    ),
    options.length === 0 || step === null
      ? ''
      : table(
          [
            ['Option at that step', ...names],
            ...options.map(({ name, from, to }) => [name, differingValue(name, from), differingValue(name, to)]),
          ],
          width,
        ),
    computed === null ? '' : computedText(computed, width),
    sentences(verdict(sides, found, refusal), width),
  ];
  return parts.filter((text) => text !== '').join('\n');
}

function ratesRow(computed: Computed | null): string[][] {
  const [a, b] = computed?.learningRates ?? [];
  return a === b ? [] : [['Learning rates of that step', `${a} in A, ${b} in B`]];
}

function stepText({ at: { step, epoch, stepInEpoch } }: ShardsDifference): string {
  return `${step} (epoch ${epoch + 1}, its step ${stepInEpoch})`;
}

function computedText({ tensors, shards }: Computed, width: number | null): string {
  const parts = [
    tensors === null || tensors.length === 0 ? '' : tensorsText(tensors, width),
    shards === null ? '' : shardsText(shards, width),
  ];
  return parts.filter((text) => text !== '').join('\n');
}

function tensorsText(tensors: readonly TensorDifference[], width: number | null): string {
  const shown = figureTable(
    [
      ['Tensor', 'Values that differ', 'Of', 'First at', ...names],
      ...tensors
        .slice(0, SHOWN)
        .map(({ name, differing, of, first: { index, a, b } }) =>
          [name, differing, of, index, shownFloat(a), shownFloat(b)].map((cell) => String(cell)),
        ),
    ],
    width,
  );
  return shown + sentences(restText(tensors), width);
}

function restText(all: readonly unknown[]): string[] {
  return all.length > SHOWN ? [`${all.length - SHOWN} more: --json has all.`] : [];
}

/** So many digits tell any two values of 32 bits apart. */
function shownFloat(value: number): string {
  return Object.is(value, -0) ? '-0' : String(Number(value.toPrecision(9)));
}

function shardsText({ shards, differing, first }: ShardsDifference, width: number | null): string {
  if (shards[0] !== shards[1])
    return sentences([`The batch is cut into ${shards[0]} shards in A, and ${shards[1]} in B.`], width);
  if (first === null) return sentences(['All samples and all gradients of shards are equal.'], width);
  const { shard, otherGradient, samples } = first;
  const which = differing.length === shards[0] ? `all ${shards[0]}` : differing.join(', ');
  const words = otherGradient ? 'has another gradient' : 'has other samples, and the same gradient';
  return [
    sentences([`Shards that differ: ${which}. Shard ${shard} ${words}; its samples that differ:`], width),
    samples.length === 0 ? sentences(['none'], width) : samplesText(samples.slice(0, SHOWN), width),
    sentences(restText(samples), width),
  ].join('');
}

function samplesText(samples: readonly SampleDifference[], width: number | null): string {
  const of = (sample: SampleDifference['a']) => (sample === null ? 'none' : `${sample.image}, label ${sample.label}`);
  return table(
    [
      ['Place', 'Image of A', 'Image of B', 'As the network sees it'],
      ...samples.map(({ place, a, b, otherPixels }) => [
        String(place),
        of(a),
        of(b),
        a === null || b === null ? '-' : otherPixels ? 'another' : 'the same',
      ]),
    ],
    width,
  );
}

/** In sentences: what is to be made of it. */
function verdict(sides: Sides, { known, step, computed, options }: Bisection, refusal: LockstepError | null) {
  const without = sides.flatMap(({ evidence }, i) => (evidence.receipts === null ? [names[i]!] : []));
  const told = [
    ...without.map((name) => `${name} has no receipts: checkpoints and epochs are all that it says.`),
    ...lengthText(sides, known.end),
  ];
  if (step === null) return [...told, `No state is known to differ up to the one after ${counted(known.end, 'step')}.`];
  if (computed === null) {
    const why = refusal === null ? [] : [`It cannot be computed again: ${refusal.what}: ${refusal.why}.`];
    return [...told, ...why, 'Which tensor differs, and who was wrong, is not known.'];
  }
  const { part, testimonies } = computed;
  const optionNames = options.map(({ name }) => name).join(', ');
  const differ = options.length === 1 ? 'differs' : 'differ';
  return [
    ...told,
    part
      ? `Computed again they part there as well${optionNames === '' ? '' : `: ${optionNames} ${differ} at that step`}.`
      : 'Computed again they do not part: their options and data give one and the same state.',
    ...testimonies.map((one, i) => testimonyText(names[i]!, one)),
    ...sinceText(computed, step),
    ...unknownText(computed, step),
  ];
}

function lengthText(sides: Sides, end: number): string[] {
  return sides.flatMap(({ evidence: { lastStep } }, i) =>
    lastStep > end ? [`${names[i]} goes on to step ${lastStep}; that is not looked at.`] : [],
  );
}

const statements: Readonly<Record<Statement, string>> = {
  parameters: 'the hash in its receipts',
  receipts: 'the state in its receipts',
  checkpoint: 'its checkpoint',
  'history.json': 'its history.json',
  'summary.json': 'its summary.json',
};

function testimonyText(name: string, testimony: Testimony): string {
  const { agrees, contradicts } = testimony;
  const listed = (all: readonly Statement[]) => [...new Set(all)].map((one) => statements[one]).join(', ');
  const comes = comesToIt(testimony);
  if (comes === null) return `${name} says nothing of that state.`;
  if (comes) return `${name} comes to what it says of that state (${listed(agrees)}).`;
  const but = agrees.length === 0 ? '' : `, but to ${listed(agrees)}`;
  return `${name} does not come to what it says of that state (${listed(contradicts)})${but}.`;
}

/** Since when a run that is wrong may have been so: of moments its receipts say nothing. */
function sinceText({ part, testimonies, from }: Computed, step: number): string[] {
  if (part) return [];
  return testimonies.flatMap((testimony, i) => {
    const { agrees, contradicts } = testimony;
    if (comesToIt(testimony) !== false) return [];
    // it wrote down the right state, and another lies in the checkpoint
    if (contradicts.every((by) => by === 'checkpoint') && agrees.some((by) => by !== 'parameters')) {
      return [
        `${names[i]} came to that state, and its checkpoint holds another: what went on from it began with that.`,
      ];
    }
    if (step === 0) return [`${names[i]} did not begin with the parameters that its seed makes.`];
    if (step === from) return [`${names[i]} went wrong in step ${step - 1} or before it.`];
    return [`${names[i]} went wrong after the state of step ${from}, and no later than that of step ${step}.`];
  });
}

function unknownText({ tensors, tensorsUnknown }: Computed, step: number): string[] {
  if (tensors !== null) return [];
  if (tensorsUnknown.length === 0) return ['The networks differ: their tensors cannot be set side by side.'];
  const who = tensorsUnknown.map((i) => names[i]).join(' and ');
  return [`Which tensor differs is not known: no checkpoint of step ${step} holds what ${who} had.`];
}

export function bisectionJson(sides: Sides, found: Bisection, refusal: LockstepError | null): object {
  const { known, step, options, computed } = found;
  return {
    runs: sides.map(({ replay, evidence: { receipts, lastStep } }) => ({
      run: replay.run.folder,
      steps: lastStep,
      receipts: receipts !== null,
    })),
    equal: { hashes: known.hashes, states: known.states, lastState: lastEqual(found) },
    end: known.end,
    // after so many steps
    firstDifference: step,
    options: options.map(({ name, from, to }) => ({ name, values: [from, to] })),
    computed: computed && {
      from: computed.from,
      part: computed.part,
      comesToIt: computed.testimonies.map(comesToIt),
      contradicted: computed.testimonies.map(({ contradicts }) => contradicts),
      tensors: computed.tensors,
      learningRates: computed.learningRates,
      shards: computed.shards && shardsJson(computed.shards),
    },
    notComputed: refusal === null ? null : { code: refusal.code, why: `${refusal.what}: ${refusal.why}` },
    verdict: verdict(sides, found, refusal),
  };
}

function shardsJson({ at, shards, differing, first }: ShardsDifference): object {
  const sample = (one: SampleDifference['a']) => one && { image: one.image, label: one.label };
  return {
    step: at.step,
    epoch: at.epoch + 1,
    stepInEpoch: at.stepInEpoch,
    shards,
    differing,
    first: first && {
      shard: first.shard,
      otherGradient: first.otherGradient,
      samples: first.samples.map(({ place, a, b, otherPixels }) => ({
        place,
        a: sample(a),
        b: sample(b),
        otherPixels,
      })),
    },
  };
}

// Where two runs part: first by what they say, then by computing both again from the last state that they had in common, until
// either they part there as well, or one of them does not come to what it says. Writes nothing.

import { decodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import { hashOfParameters } from '../../src/kernels/parameter-hash.ts';
import { bufferOf } from '../../src/kernels/run-memory.ts';
import { tensorFileName, tensorsOf } from '../../src/run/checkpoint.ts';
import { partAt } from '../../src/run/course.ts';
import { type Difference, differences } from '../../src/run/differences.ts';
import { type Evidence, type Known, knownOf, type Testimony, testimony } from '../../src/run/evidence.ts';
import { sameBits, type TensorDifference, tensorDifferences } from '../../src/run/state-difference.ts';
import type { Wiring } from '../../src/wiring.ts';
import type { Replay, Way } from './replay.ts';
import { type ShardsDifference, shardsDifference } from './shard-difference.ts';

export interface Side {
  readonly replay: Replay;
  readonly evidence: Evidence;
}

export type Sides = readonly [Side, Side];

/** What computing again showed at the first state that differs. */
export interface Computed {
  /** The state that both were computed from; equal, as far as they say. */
  readonly from: number;
  /** Whether they part by computing alone, as their options or data have it. */
  readonly part: boolean;
  /** What each side says of its state there, beside what was computed. */
  readonly testimonies: readonly [Testimony, Testimony];
  /** In order; null: `tensorsUnknown` of a side, or the networks differ. */
  readonly tensors: readonly TensorDifference[] | null;
  /** The sides whose own state at that step cannot be had: it is not what computing gives, and no checkpoint holds it. */
  readonly tensorsUnknown: readonly number[];
  /** The rates of the step before it; null at step 0. */
  readonly learningRates: readonly [number, number] | null;
  /** Of that step, where computing parts them. */
  readonly shards: ShardsDifference | null;
}

export interface Bisection {
  readonly known: Known;
  /** The first state that differs: after so many steps. null: none does, as far as can be told. */
  readonly step: number | null;
  /** What differs in what decides the step that made it. */
  readonly options: readonly Difference[];
  /** null: nothing had to be computed, or `refusal` says why it could not be. */
  readonly computed: Computed | null;
}

/** The last state that both had, as they say or as it was computed; null: none is known. */
export function lastEqual({ known, step, computed }: Bisection): number | null {
  if (computed !== null && step !== null && step > computed.from) return computed.part ? step - 1 : computed.from;
  return known.states === 0 ? null : known.common;
}

export interface Hooks {
  readonly wiring: Wiring;
  /** Told before anything is computed: from which state, up to which at most, and how many steps of both runs that takes. */
  readonly began: (from: number, to: number, steps: number) => void;
}

export function knownOfSides(sides: Sides): Known {
  return knownOf([sides[0].evidence, sides[1].evidence]);
}

/** Without computing: what the runs say. */
export function saidOnly(sides: Sides, known: Known): Bisection {
  const options = known.differs === null ? [] : optionsAt(sides, known.differs);
  return { known, step: known.differs, options, computed: null };
}

/** @throws LockstepError where one of the runs cannot be computed again */
export async function bisect(sides: Sides, known: Known, hooks: Hooks): Promise<Bisection> {
  if (known.differs === null && known.settled) return saidOnly(sides, known);
  // receipts may tell of more steps than there are checkpoints for
  const from = Math.min(known.common, ...sides.map(({ replay }) => replay.run.lastStep));
  const to = known.differs ?? known.end;
  const ways = [await sides[0].replay.wayTo(from), await sides[1].replay.wayTo(from)] as const;
  hooks.began(from, to, ways[0].cost + ways[1].cost + 2 * (to - from));
  const parting = await walk(sides, ways, to);
  if (parting === null) return saidOnly(sides, known);
  const { step, part, testimonies } = parting;
  const options = optionsAt(sides, step);
  const tensors = await Promise.all(sides.map(async (side, i) => await tensorsAt(side, step, testimonies[i]!)));
  const [a = null, b = null] = tensors;
  const learningRates = step === from ? null : ([rateBefore(sides[0], step), rateBefore(sides[1], step)] as const);
  return {
    known,
    step,
    options,
    computed: {
      from,
      part,
      testimonies,
      tensors: a === null || b === null ? null : tensorDifferences(a, b),
      tensorsUnknown: tensors.flatMap((found, i) => (found === null ? [i] : [])),
      learningRates,
      shards: part && step > from ? await shardsBefore(sides, step, hooks.wiring) : null,
    },
  };
}

interface Parting {
  readonly step: number;
  readonly part: boolean;
  readonly testimonies: readonly [Testimony, Testimony];
}

/** Both sides step by step, to the first state that differs, or that one of them does not come to. null: there is none. */
async function walk([a, b]: Sides, ways: readonly [Way, Way], to: number): Promise<Parting | null> {
  await a.replay.go(ways[0]);
  await b.replay.go(ways[1]);
  for (let step = ways[0].to; step <= to; step++) {
    for (const { replay } of [a, b]) await replay.advance(step);
    const testimonies = [testimonyAt(a, step), testimonyAt(b, step)] as const;
    const part = !sameState(a.replay, b.replay);
    const contradicted = testimonies.some(({ contradicts }) => contradicts.length > 0);
    if (part || contradicted) return { step, part, testimonies };
  }
  return null;
}

/** Bit for bit, without copies. Both stand after the same number of steps. */
function sameState(a: Replay, b: Replay): boolean {
  const [mine, theirs] = [a, b].map(({ memory, step }) => {
    const { parameters, firstMoments, secondMoments } = memory.plan;
    return [parameters, firstMoments, secondMoments].map((buffers) => memory.vector(bufferOf(buffers, step!)));
  });
  return mine!.every((vector, i) => sameBits(vector, theirs![i]!));
}

/** Of the step that made the state at hand. */
function rateBefore({ replay: { memory } }: Side, step: number): number {
  return memory.learningRate(step - 1);
}

function testimonyAt({ replay, evidence }: Side, step: number): Testimony {
  const computed = { hash: () => hashOfParameters(replay.memory, step), stateDigest: () => replay.stateDigest() };
  return testimony(evidence, step, computed);
}

/** The tensors that a side had: those computed, unless it says otherwise; then those of its checkpoint, or null. */
async function tensorsAt(
  { replay }: Side,
  step: number,
  { contradicts }: Testimony,
): Promise<readonly Tensor[] | null> {
  const computed = tensorsOf(replay.memory.plan.shape.layout, replay.state(), null);
  if (contradicts.length === 0) return computed;
  if (!contradicts.includes('checkpoint')) return null;
  const found = await replay.run.checkpointBefore(step);
  if (found === null || found.body.step !== step) return null;
  const { tensors } = decodeSafetensors(found.tensors, tensorFileName);
  // in the order of a state's; a file has its own
  return computed.flatMap(({ name }) => tensors.find((tensor) => tensor.name === name) ?? []);
}

function optionsAt([a, b]: Sides, step: number): readonly Difference[] {
  const [facts, others] = [a, b].map(({ replay }) => partAt(replay.run.course, Math.max(0, step - 1)).facts);
  return differences(facts!, others!);
}

async function shardsBefore([a, b]: Sides, step: number, wiring: Wiring): Promise<ShardsDifference> {
  for (const { replay } of [a, b]) {
    await replay.go(await replay.wayTo(Math.min(step - 1, replay.run.lastStep)));
    await replay.advance(step - 1);
  }
  return await shardsDifference(a.replay, b.replay, wiring);
}

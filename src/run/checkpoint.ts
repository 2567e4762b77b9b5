// A checkpoint as two files: the tensors, and a state file that vouches for both. Pure: bytes and text, no disk.
// Whatever was changed or cut off is found out when it is read; what is wrong comes back as a reason, not as an error.

import { createHash } from 'node:crypto';
import { LockstepError } from '../errors.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.ts';
import { BiasPowers } from '../model/adam.ts';
import { type Layout, namedTensors } from '../model/layout.ts';
import { NUMERICS_VERSION } from '../numerics.ts';
import type { Means } from '../sums.ts';
import { type State, stateDigestOf } from './digest.ts';
import { checkState, jsonText, type ReadState } from './disk-records.ts';
import type { Apart } from './epoch-segments.ts';
import type { Position } from './position.ts';
import type { ReceiptsMark } from './receipts.ts';
import { type Change, changeOf, type Facts } from './run-record.ts';

export const tensorFileName = 'state.safetensors';
export const stateFileName = 'state.json';

export interface Checkpoint {
  readonly position: Position;
  /** Of the validation split with these very parameters; null where it was not made. */
  readonly validation: Means | null;
  /** What decides the bits, and what was changed of it on the way. */
  readonly facts: Facts;
  readonly changes: readonly Change[];
  /** The version of the program that wrote it. */
  readonly program: string;
  /** Wall time of the run up to here, of all its processes. */
  readonly seconds: number;
  readonly state: State;
  /** Where the run's receipts stand at this step; null: there are none up to here. */
  readonly receipts: ReceiptsMark | null;
  /** With --select best: the parameters with the lowest validation loss of the whole epochs; else null. */
  readonly bestParameters: Float32Array | null;
}

/** Raised when a reader of the older format would go wrong: of the second, its first epochs stand apart. */
const formats = { whole: 1, epochsApart: 2 } as const;

/** step-00000430 */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/** The step, or null if this is not the name of a checkpoint. */
export function stepOfName(name: string): number | null {
  const step = /^step-\d{8,10}$/.test(name) ? Number(name.slice(5)) : null;
  return step !== null && checkpointName(step) === name ? step : null;
}

/** `apart`: its first epochs stand there, and not in it. */
export function encodeCheckpoint(
  layout: Layout,
  checkpoint: Checkpoint,
  apart: Apart | null = null,
): { tensors: Uint8Array; state: string } {
  const { position, validation, facts, changes, program, seconds, state, receipts, bestParameters } = checkpoint;
  const tensors = encodeSafetensors(tensorsOf(layout, state, bestParameters));
  const { history, timings, ...place } = position;
  const body = {
    format: apart === null ? formats.whole : formats.epochsApart,
    ...place,
    validation,
    seconds,
    program,
    facts,
    changes,
    tensors: { file: tensorFileName, bytes: tensors.length, sha256: sha256(tensors) },
    stateDigest: stateDigestOf(state, position.step),
    numerics: NUMERICS_VERSION,
    ...(receipts === null ? {} : { receipts }),
    ...(apart === null ? {} : { apart }),
    history: history.slice(apart?.epochs ?? 0),
    timings: timings.slice(apart?.epochs ?? 0),
  };
  return { tensors, state: sealed(jsonText(body, 2)) };
}

/** What a state file says; `history` and `timings` without the epochs that stand apart, until they are put there. */
export type StateBody = ReadState;

/** What the state file says, if both files are as they were written; else `why` says what is wrong. */
export function verifyCheckpoint(stateText: string, tensors: Uint8Array): { body: StateBody } | { why: string } {
  const json = unsealed(stateText);
  if (json === null) {
    const why = stateText.length === 0 ? 'is empty' : 'is damaged: it does not have the checksum that it ends with';
    return { why: `${stateFileName} ${why}` };
  }
  // whoever can make a checksum can also write something else into it
  const parsed = parsedJson(json);
  if (parsed === null) return { why: `${stateFileName} is not JSON` };
  if (isOfAnotherFormat(parsed)) throw ofAnotherVersion(parsed);
  const checked = checkState(parsed);
  if ('why' in checked) return { why: `${stateFileName} is not what a checkpoint has: ${checked.why}` };
  const body = checked.value;
  if (tensors.length !== body.tensors.bytes) {
    return { why: `${tensorFileName} has ${tensors.length} bytes instead of ${body.tensors.bytes}` };
  }
  if (sha256(tensors) !== body.tensors.sha256) {
    return { why: `${tensorFileName} is damaged: it does not have the checksum that ${stateFileName} gives` };
  }
  const { beta1Power, beta2Power } = BiasPowers.after(body.step);
  if (body.beta1Power !== beta1Power || body.beta2Power !== beta2Power) {
    return { why: `${stateFileName} has other powers of beta1 and beta2 than step ${body.step} has` };
  }
  return { body };
}

/**
 * The checkpoint of two files that were verified; null where they hold another network.
 * @throws LockstepError where they do not belong together
 */
export function decodeCheckpoint(layout: Layout, body: StateBody, tensors: Uint8Array): Checkpoint | null {
  const read = stateOf(layout, decodeSafetensors(tensors, tensorFileName).tensors);
  if (read === null) return null;
  const { state, bestParameters } = read;
  if (stateDigestOf(state, body.step) !== body.stateDigest) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_CHECKPOINT_UNUSABLE',
      what: `The checkpoint of step ${body.step} cannot be used`,
      why: `the state digest of its tensors is not the one that ${stateFileName} gives`,
      mend: 'Move this checkpoint out of the run folder: the one before it is taken then',
    });
  }
  const { step, history, timings, sums, trainingSeconds, beta1Power, beta2Power } = body;
  const { validation, facts, changes, program, seconds, receipts = null } = body;
  const position = { step, history, timings, sums, trainingSeconds, beta1Power, beta2Power };
  const recorded = changes.map(changeOf);
  return { position, validation, facts, changes: recorded, program, seconds, state, receipts, bestParameters };
}

function parsedJson(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

const known: readonly number[] = Object.values(formats);

interface Formatted {
  readonly format: number;
  readonly step?: unknown;
  readonly program?: unknown;
}

function isOfAnotherFormat(value: object): value is Formatted {
  return 'format' in value && typeof value.format === 'number' && !known.includes(value.format);
}

/** Not damage: an older checkpoint must not silently be taken instead of it. */
function ofAnotherVersion({ step, program, format: written }: Formatted): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_CHECKPOINT_UNUSABLE',
    what: `The checkpoint of step ${step} is of another version`,
    why: `lockstep ${program} wrote it in format ${written}, and this program reads formats ${known.join(' and ')}`,
    mend: `Resume with lockstep ${program}`,
  });
}

// PyTorch's names of Adam's moments
const vectors = [
  ['parameters', ''],
  ['firstMoments', '.exp_avg'],
  ['secondMoments', '.exp_avg_sq'],
] as const;

/** A state under PyTorch's names, as views: a checkpoint's tensors. */
export function tensorsOf(layout: Layout, state: State, best: Float32Array | null): Tensor[] {
  const all: [Float32Array, string][] = vectors.map(([vector, suffix]) => [state[vector], suffix]);
  if (best !== null) all.push([best, '.best']);
  return all.flatMap(([values, suffix]) =>
    namedTensors(layout, values).map(({ name, shape, data }) => ({ name: name + suffix, shape, data })),
  );
}

/** null if these are not the tensors of this layout. */
function stateOf(layout: Layout, tensors: readonly Tensor[]): Pick<Checkpoint, 'state' | 'bestParameters'> | null {
  const state = {
    parameters: new Float32Array(layout.parameters),
    firstMoments: new Float32Array(layout.parameters),
    secondMoments: new Float32Array(layout.parameters),
  };
  const hasBest = tensors.some(({ name }) => name.endsWith('.best'));
  const bestParameters = hasBest ? new Float32Array(layout.parameters) : null;
  const expected = tensorsOf(layout, state, bestParameters);
  if (expected.length !== tensors.length) return null;
  for (const { name, shape, data } of expected) {
    const found = tensors.find((tensor) => tensor.name === name);
    if (found === undefined || String(found.shape) !== String(shape)) return null;
    // as bits: `data` is a view of the state
    new Uint32Array(data.buffer, data.byteOffset, data.length).set(new Uint32Array(found.data.buffer));
  }
  return { state, bestParameters };
}

/** The text of an object with a last key "checksum": the SHA-256 of all that stands before that key. */
function sealed(json: string): string {
  const body = json.slice(0, json.lastIndexOf('\n}'));
  return `${body}${seal(body)}`;
}

/** The object's text without its checksum, or null if that is not the right one. */
function unsealed(text: string): string | null {
  const body = text.slice(0, Math.max(0, text.length - seal('').length));
  return body !== '' && text === `${body}${seal(body)}` ? `${body}\n}` : null;
}

function seal(body: string): string {
  return `,\n  "checksum": "${sha256(body)}"\n}\n`;
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

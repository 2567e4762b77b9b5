// --init: the file of weights that a run begins from, read and told from others by its SHA-256. What the tensors must be is the
// model's affair (src/model/given-weights.ts).

import { hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import { readRegularFile } from '../../src/host/files/read-file.ts';
import { givenWeights } from '../../src/model/given-weights.ts';
import { initFileOf, recordedInit } from '../../src/model/init-choice.ts';
import type { Layout } from '../../src/model/layout.ts';
import { normalizationOf, normalizationText } from '../../src/model/normalization.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';

interface WeightsFile {
  /** As it is recorded. */
  readonly init: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What a new run begins from, recorded; it is read once, so that the digest is that of the weights. */
export interface GivenInit {
  readonly init: string;
  /** The parameters in canonical order, once the network is known. `tell` hears of what need not be an error. */
  weights(layout: Layout, options: TrainOptions, tell: (warning: string) => void): Float32Array;
}

/** null: the run draws its own. @throws LockstepError where the file cannot be read, or is another than the one that is named */
export async function readGivenInit({ init }: TrainOptions): Promise<GivenInit | null> {
  if (init === null) return null;
  const file = await readWeights(init);
  return { init: file.init, weights: (...args) => weightsOf(file, ...args) };
}

/** The parameters that a recorded run began from, read anew. */
export async function initialWeights(options: TrainOptions, layout: Layout): Promise<Float32Array | null> {
  return (await readGivenInit(options))?.weights(layout, options, () => undefined) ?? null;
}

/**
 * What was asked for beside a run that goes on, as that run records it where it is the same: the run needs no file, since its
 * checkpoints hold the state; one that is there has to be the right one.
 */
export async function sameInit(asked: string, recorded: string | null): Promise<string> {
  if (recorded === null) return (await readWeights(asked)).init;
  const { sha256 } = initFileOf(recorded);
  const named = initFileOf(asked);
  if (named.sha256 !== null) return named.sha256 === sha256 ? recorded : asked;
  const path = await placeOf(named.path);
  if (path === initFileOf(recorded).path && !(await isThere(path))) return recorded;
  const { init } = await readWeights(asked);
  return initFileOf(init).sha256 === sha256 ? recorded : init;
}

async function readWeights(choice: string): Promise<WeightsFile> {
  const { path: given, sha256 } = initFileOf(choice);
  const path = await placeOf(given);
  const again =
    sha256 === null
      ? 'Give --init a .safetensors file, or the folder of a run that lockstep train has finished'
      : `Put the file with the SHA-256 ${sha256} back there: the run began from it`;
  const bytes = await readRegularFile(path).catch((cause: unknown) => {
    if (codeOf(cause) === null) throw cause;
    throw unusable(`The weights in ${path} cannot be read`, ioReason(cause), again, cause);
  });
  const found = hash('sha256', bytes);
  if (sha256 !== null && found !== sha256) {
    const short = (digest: string) => `${digest.slice(0, 12)}...`;
    throw unusable(
      `The weights in ${path} are not those that the run began from`,
      `they have the SHA-256 ${short(found)}, and it records ${short(sha256)}`,
      again,
    );
  }
  return { init: recordedInit(path, found), path, bytes };
}

function weightsOf(
  { path, bytes }: WeightsFile,
  layout: Layout,
  { normalize }: TrainOptions,
  tell: (warning: string) => void,
): Float32Array {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const found = givenWeights(tensors, layout);
  if ('why' in found) {
    const mend =
      "Give the file's own widths with --hidden, or the weights of this network; torch's state_dict is saved by safetensors.torch.save_file";
    throw unusable(`The weights in ${path} do not fit the network`, found.why, mend);
  }
  const { normalisation } = metadata;
  const own = normalizationText(normalizationOf(normalize));
  if (normalisation !== undefined && normalisation !== own) {
    tell(
      `The weights in ${path} were trained on pixels as ${normalisation.slice(0, 80)}, and this run sees them as ${own}`,
    );
  }
  return found.parameters;
}

/** Of a run folder its model. */
async function placeOf(given: string): Promise<string> {
  const path = resolve(given);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, 'model.safetensors') : path;
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'ENOENT',
  );
}

function unusable(what: string, why: string, mend: string, cause?: unknown): LockstepError {
  return new LockstepError({ code: 'ERR_LOCKSTEP_WEIGHTS_UNUSABLE', what, why, mend, cause });
}

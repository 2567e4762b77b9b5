// Digests: of a model, and of a training state. What two runs are compared by, so that what they are made of never changes.
// Know nothing of files.

import { createHash } from 'node:crypto';
import { floatBytes } from '../model/float-bytes.ts';

export interface State {
  /** All three in canonical order. */
  readonly parameters: Float32Array;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
}

/** SHA-256 in hex of the parameters as little-endian float32, in canonical order. */
export function digestOf(parameters: Float32Array): string {
  return createHash('sha256').update(floatBytes(parameters)).digest('hex');
}

/** The same over parameters, Adam's first and second moments, and the step as a little-endian uint32. */
export function stateDigestOf({ parameters, firstMoments, secondMoments }: State, step: number): string {
  const hash = createHash('sha256');
  for (const vector of [parameters, firstMoments, secondMoments]) hash.update(floatBytes(vector));
  const stepBytes = new Uint8Array(4);
  new DataView(stepBytes.buffer).setUint32(0, step, true);
  return hash.update(stepBytes).digest('hex');
}

// A checkpoint whose state is changed and sealed again, so that nothing shows it but what is computed from it.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '../../src/model/layout.ts';
import {
  checkpointName,
  decodeCheckpoint,
  encodeCheckpoint,
  stateFileName,
  tensorFileName,
  verifyCheckpoint,
} from '../../src/run/checkpoint.ts';
import type { State } from '../../src/run/digest.ts';

export async function reseal(run: string, step: number, layout: Layout, change: (state: State) => void): Promise<void> {
  const at = join(run, 'checkpoints', checkpointName(step));
  const written = await readFile(join(at, tensorFileName));
  const verified = verifyCheckpoint(await readFile(join(at, stateFileName), 'utf8'), written);
  if ('why' in verified) throw new Error(verified.why);
  const checkpoint = decodeCheckpoint(layout, verified.body, written)!;
  change(checkpoint.state);
  const { tensors, state } = encodeCheckpoint(layout, checkpoint);
  await writeFile(join(at, stateFileName), state);
  await writeFile(join(at, tensorFileName), tensors);
}

/** One bit of the last value. */
export function flipLast(values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  bits[bits.length - 1]! ^= 1 << 16;
}

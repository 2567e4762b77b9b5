// The state that a run goes on from, as it is put into the run's memory.

import type { RunMemory } from '../../src/kernels/run-memory.ts';
import { initialParameters } from '../../src/model/init.ts';
import type { Checkpoint } from '../../src/run/checkpoint.ts';

/** That of a checkpoint; null: that before the first step, which `given` weights make, or where there are none the seed. */
export function setState(
  memory: RunMemory,
  from: Pick<Checkpoint, 'position' | 'state'> | null,
  given: Float32Array | null,
): void {
  const { layout, seed } = memory.plan.shape;
  if (from === null) return memory.setState(0, given ?? initialParameters(layout, seed));
  const { parameters, firstMoments, secondMoments } = from.state;
  memory.setState(from.position.step, parameters, firstMoments, secondMoments);
}

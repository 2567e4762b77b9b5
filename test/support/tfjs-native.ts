// Whether the native binding of tfjs-node is here, and if not why: for tests that need it.

import { describe } from 'vitest';
import { LockstepError } from '../../src/errors.ts';
import { loadTensorflow, type Tensorflow } from '../../worker/engines/tfjs-node.ts';

function attempt(): { tf: Tensorflow } | { reason: string } {
  try {
    return { tf: loadTensorflow() };
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    return { reason: `${error.what}: ${error.why}` };
  }
}

/** A suite that needs the binding; without it, it is reported as skipped, and the reason printed. */
export function describeNative(name: string, suite: (tf: Tensorflow) => void): void {
  const found = attempt();
  if ('tf' in found) {
    describe(name, () => suite(found.tf));
    return;
  }
  console.warn(`skipped: ${name}. ${found.reason}`);
  describe.skip(`${name} (skipped: ${found.reason})`, () => suite(undefined as never));
}

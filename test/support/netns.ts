// Hosts of their own on one machine, for one test (network.mjs).

import { onTestFinished } from 'vitest';
import { type Host, makeNetwork, networkMissing as netnsMissing } from './network.mjs';

export { type Host, netnsMissing };

/** Removed with the test that calls this. */
export function makeHosts(count: number): readonly Host[] {
  const { hosts, remove } = makeNetwork(count);
  onTestFinished(remove);
  return hosts;
}

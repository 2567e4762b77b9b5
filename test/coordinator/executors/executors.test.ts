// The contract of executors, for each of them.

import { describe } from 'vitest';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import type { Digits } from '../../support/digits.ts';
import { type Kind, keepsTheContract } from '../../support/executor-contract.ts';
import { startNode } from '../../support/nodes.ts';
import type { PreparedRun } from '../../support/prepared-run.ts';

/** Nodes that join as soon as the run listens; gone when it is over. */
const nodes = (count: number) => async (prepared: PreparedRun, digits: Digits) => {
  const { url } = await prepared.log.told('listening');
  const all = Array.from({ length: count }, (_, i) => startNode(url, { name: `n${i}`, data: digits.data }));
  await Promise.all(all.map(({ ended }) => ended));
};

const listening: Partial<TrainOptions> = { listen: '127.0.0.1:0' };
const kinds: readonly [string, Kind][] = [
  ['inline', { options: { threads: 0 } }],
  ['threads', { options: { threads: 2 } }],
  ['nodes', { options: { ...listening, threads: 0, minWorkers: 2 }, helpers: nodes(2) }],
  ['threads and nodes', { options: { ...listening, threads: 1, minWorkers: 3 }, helpers: nodes(2) }],
  ['threads that wait for nodes in vain', { options: { ...listening, threads: 2 } }],
];

describe.each(kinds)('%s', (_, kind) => keepsTheContract(kind));

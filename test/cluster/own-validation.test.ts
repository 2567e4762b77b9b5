// Data with a validation split of their own, trained on by a node that has none of them: the bits are those of one worker.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withCluster } from '../support/cluster.ts';
import { bitsOf, traced } from '../support/train.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-own-validation-'));
  for (const [name, count] of [
    ['train', 60],
    ['val', 21],
    ['test', 9],
  ] as const) {
    const rows = Array.from({ length: count }, (_, row) =>
      [
        row % 3,
        ...Array.from({ length: 64 }, (_, p) => (Math.floor(p / 22) === row % 3 ? 200 : (row * 7 + p) % 50)),
      ].join(','),
    );
    await writeFile(join(folder, `${name}.csv`), `label${',p'.repeat(64)}\n${rows.join('\n')}\n`);
  }
});
afterAll(() => rm(folder, { recursive: true }));

it('trained by a node', async () => {
  const options = { data: folder, epochs: 2, batchSize: 16, hidden: [8], augment: false as const };
  const alone = await traced({ ...options, threads: 0 });
  expect(alone.summary.epochs[0]?.validation).not.toBeNull();
  await withCluster({ ...options, minWorkers: 1 }, async (cluster) => {
    const node = cluster.node();
    expect(await cluster.bits()).toEqual(bitsOf(alone));
    expect((await node.ended).result).toMatchObject({ joined: 1 });
    expect((await cluster.outcome).summary.epochs).toMatchObject(
      alone.summary.epochs.map(({ train, validation }) => ({ train, validation })),
    );
  });
});

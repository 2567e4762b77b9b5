// A run whose engine cannot be closed: whatever else it has open is closed all the same, so that its folder can be gone on with by
// the same process.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { trainAndReport } from '../../../coordinator/train-and-report.ts';
import { resolveWithRun } from '../../../coordinator/training/resolve-with-run.ts';
import { wiring } from '../../../src/library.ts';
import { writeTinyData } from '../../support/tiny-data.ts';

test('the folder is let go', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-close-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const [data, out] = [join(folder, 'data'), join(folder, 'run')];
  await writeTinyData(data, { train: 90, test: 20, rows: 8, columns: 8 });
  const options = {
    data,
    out,
    epochs: 1,
    batchSize: 16,
    shards: 2,
    valSize: 20,
    hidden: [8],
    threads: 0,
    report: false,
  };
  const asked = await resolveWithRun(options, null, 'option');
  const failing: typeof wiring = {
    ...wiring,
    makeEngine: async (...spec) => {
      const engine = await wiring.makeEngine(...spec);
      const close = () => {
        throw new Error('the engine stays open');
      };
      return Object.assign(engine, { close });
    },
  };
  await expect(trainAndReport(asked, {}, failing)).rejects.toThrow('the engine stays open');
  expect((await readdir(out)).filter((name) => name.startsWith('.lock'))).toEqual([]);
});

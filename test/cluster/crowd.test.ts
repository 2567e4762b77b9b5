// Sixty-four nodes that join in the same second, in the middle of a run.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { tokenFile } from '../support/tokens.ts';

const CROWD = 64;

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(700, 100);
});
afterAll(() => digits.remove());

test.each([false, true])('a crowd joins (token: %s)', async (withToken) => {
  const { file, token } = tokenFile();
  const options = { valSize: 60, hidden: [16], shards: 128, batchSize: 128 };
  const listening = withToken ? { tokenFile: file } : {};
  await withCluster(
    { ...digits.short, ...options, ...listening },
    async (cluster) => {
      const reached = gate();
      const all = cluster.log.told('workerJoined', CROWD + 1);
      const hold = ({ step }: { step: number }) => {
        if (step !== 3) return;
        reached.open();
        return all;
      };
      const first = { data: digits.data, token: withToken ? token : null };
      cluster.node({ ...first, name: 'first', beforeStep: hold });
      await reached.promise;
      const crowd = Array.from({ length: CROWD }, (_, i) => cluster.node({ ...first, name: `n${i}` }));
      expect(await cluster.bits()).toEqual(await digits.baseline(options));
      // who was measured to be slow may be given nothing, and steps are few
      const busy = crowd.filter(({ steps }) => steps.length > 0);
      expect(busy.length).toBeGreaterThan(CROWD / 2);
      for (const { steps } of busy) expect(steps[0]).toBeGreaterThanOrEqual(3);
      for (const { ended } of crowd) expect((await ended).result).toMatchObject({ joined: 1 });
    },
    patient,
  );
});

// Stragglers and audits: what two workers were given is always compared, and who is honest is never accused for being slow.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { impatient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { smallNumber } from '../support/lies.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

describe('what two workers were given is compared, whatever the draw:', () => {
  const chance = 1e-9;

  // in the first step from 5 on that it is given: on a busy machine it may be late with the one before
  test('a straggler that lies when it comes at last', async () => {
    const [reached, held] = [gate<number>(), gate()];
    let lateStep: number | null = null;
    await withCluster(
      { ...digits.short, epochs: 6, minWorkers: 2, audit: chance },
      async (cluster) => {
        cluster.node({ name: 'honest', data: digits.data });
        const liar = cluster.node({
          name: 'liar',
          data: digits.data,
          beforeStep: ({ step }) => {
            if (lateStep !== null || step < 5) return;
            lateStep = step;
            reached.open(step);
            return held.promise;
          },
          afterStep: (at, ...rest) => (at.step === lateStep ? smallNumber(at, ...rest) : undefined),
        });
        const step = await reached.promise;
        await cluster.committed(step + 4);
        held.open();
        const why = expect.stringMatching(new RegExp(`of step ${step} is false`));
        expect((await liar.ended).error).toMatchObject({ why });
        expect(await cluster.bits()).toEqual(await digits.baseline({ epochs: 6 }));
      },
      impatient,
    );
  });

  test('one that lies in the work of an honest straggler, which is not accused', async () => {
    await withCluster(
      { ...digits.short, minWorkers: 2, audit: chance },
      async (cluster) => {
        let lateStep: number | null = null;
        const slow = cluster.node({
          name: 'slow',
          data: digits.data,
          beforeStep: async ({ step }) => {
            if (lateStep !== null || step < 5) return;
            lateStep = step;
            await cluster.committed(step);
          },
        });
        // what it does in the place of the other one comes second in the step
        const given = { step: -1, times: 0 };
        const liar = cluster.node({
          name: 'liar',
          data: digits.data,
          beforeStep: ({ step }) => {
            given.times = step === given.step ? given.times + 1 : 1;
            given.step = step;
          },
          afterStep: (at, ...rest) => (at.step === lateStep && given.times > 1 ? smallNumber(at, ...rest) : undefined),
        });
        const { error } = await liar.ended;
        expect(error).toMatchObject({ why: expect.stringMatching(new RegExp(`of step ${lateStep} is false`)) });
        expect(await cluster.bits()).toEqual(await digits.baseline());
        expect(cluster.log.evicted).toMatchObject([{ name: 'liar' }]);
        expect(slow.steps.length).toBeGreaterThan(0);
      },
      impatient,
    );
  });
});

test('honest workers that are slow, leave and die are never accused', async () => {
  await withCluster(
    { ...digits.short, epochs: 4, minWorkers: 4, audit: 0.2 },
    async (cluster) => {
      cluster.node({ name: 'steady', data: digits.data });
      const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      // beyond what counts as late, now and then
      cluster.node({
        name: 'slow',
        data: digits.data,
        beforeStep: ({ step }) => (step % 7 === 3 ? pause(40) : undefined),
      });
      cluster.node({
        name: 'slower',
        data: digits.data,
        afterStep: ({ step }) => (step % 5 === 2 ? pause(60) : undefined),
      });
      const leaving = cluster.node({ name: 'leaving', data: digits.data });
      await cluster.committed(12);
      leaving.leave();
      for (let born = 0; born < 4; born++) {
        const name = `dying ${born}`;
        const dying = cluster.node({
          name,
          data: digits.data,
          retryForMs: 0,
          afterStep: ({ step }) => {
            if (step % 3 === 0) throw new Error('its engine fails');
          },
        });
        await dying.ended;
      }
      expect(await cluster.bits()).toEqual(await digits.baseline({ epochs: 4 }));
      expect(cluster.log.of('workerFalse')).toEqual([]);
      expect(cluster.log.of('wentBack')).toEqual([]);
      const audits = await cluster.log.told('audits');
      expect(audits.audited).toBeGreaterThan(0);
      expect(audits.falseAnswers).toBe(0);
    },
    impatient,
  );
});

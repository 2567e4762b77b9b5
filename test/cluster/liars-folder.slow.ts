// A run with a folder that finds a liar: it goes on from the newest checkpoint before the first answer, and leaves no later one.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { patient, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { type Lie, smallNumber } from '../support/lies.ts';
import { runOnDisk } from '../support/run-on-disk.ts';

type Options = Partial<TrainOptions>;

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

describe('a run with a folder', () => {
  function folder(): string {
    const parent = mkdtempSync(join(tmpdir(), 'lockstep-liars-'));
    onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
    return join(parent, 'run');
  }
  const json = (out: string, name: string) => JSON.parse(readFileSync(join(out, name), 'utf8'));

  test('goes back to the newest checkpoint before the first answer, which was kept for it', async () => {
    const out = folder();
    const options: Options = {
      out,
      checkpointEvery: 3,
      keepLast: 1,
      audit: 1,
      epochs: 3,
      select: 'best',
      report: false,
    };
    await withCluster(
      { ...digits.short, ...options, minWorkers: 2 },
      async (cluster) => {
        // the third comes in the middle of the second epoch, and the others do no step without it from then on
        const come = cluster.log.told('workerJoined', 1, ({ name }) => name === 'liar');
        const beforeStep = ({ step }: { step: number }) => (step > 30 ? come : undefined);
        for (const name of ['honest', 'honest too']) cluster.node({ name, data: digits.data, beforeStep });
        await cluster.committed(30);
        let first: number | null = null;
        const liar = cluster.node({
          name: 'liar',
          data: digits.data,
          afterStep: (at, ...rest) => {
            first ??= at.step;
            // it is honest for a while, over the end of an epoch
            return at.step > 50 ? smallNumber(at, ...rest) : undefined;
          },
        });
        await liar.ended;
        expect(await cluster.bits()).toEqual(await digits.baseline({ epochs: 3, select: 'best' }));
        const { from, to } = await cluster.log.told('wentBack');
        expect(cluster.log.evicted).toMatchObject([{ name: 'liar', eviction: 'false_answer' }]);
        expect(from).toBeGreaterThan(50);
        expect(to).toBeGreaterThan(first! - 3);
        expect(to).toBeLessThanOrEqual(first!);
      },
      patient,
    );
    const { digest } = await digits.baseline({ epochs: 3, select: 'best' });
    const alone = folder();
    await runOnDisk({ ...digits.short, ...options, audit: 0, out: alone, threads: 0 });
    expect(readFileSync(join(out, 'receipts.jsonl'), 'utf8')).toBe(readFileSync(join(alone, 'receipts.jsonl'), 'utf8'));
    expect(json(out, 'summary.json').digest).toBe(digest);
    expect(json(out, 'history.json').map(({ steps }: { steps: number }) => steps)).toEqual([22, 44, 66]);
    expect(readdirSync(join(out, 'checkpoints')).filter((name) => name.startsWith('step-'))).toContain('step-00000066');
  });

  test('removes every later checkpoint: who resumes it does not go on with a false one', async () => {
    const out = folder();
    const options: Options = { out, checkpointEvery: 1, keepLast: 50, audit: 1, report: false };
    await withCluster(
      { ...digits.short, ...options, minWorkers: 3 },
      async (cluster) => {
        const lie: Lie = (at, ...rest) => (at.step >= 8 ? smallNumber(at, ...rest) : undefined);
        cluster.node({ name: 'honest', data: digits.data });
        cluster.node({ name: 'honest too', data: digits.data });
        cluster.node({ name: 'liar', data: digits.data, afterStep: lie });
        const { to } = await cluster.log.told('wentBack');
        // the liar's first answer was taken in step 0
        expect(to).toBe(0);
        cluster.stop();
        await expect(cluster.outcome).rejects.toThrow();
      },
      patient,
    );
    const { bits } = await withCluster(
      { resume: out, out: null, data: digits.folder },
      async (cluster) => {
        cluster.node({ name: 'honest', data: digits.data });
        return { bits: await cluster.bits() };
      },
      patient,
    );
    expect(bits.digest).toBe((await digits.baseline()).digest);
  });
});

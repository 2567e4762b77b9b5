// A run that goes on from an earlier checkpoint, and commands that look at one: against runs that ended there.

import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readModel } from '../../coordinator/run-folder/trained-model.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { digestOf } from '../../src/run/digest.ts';
import { refusal } from '../support/refusal.ts';
import { runCli } from '../support/run-cli.ts';
import { bitsOnDisk, checkpointNames, contentOf, dieAt, rewrite, runOnDisk } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

// ten steps an epoch; at this rate the validation loss goes up and down
let folder: string;
let short: Partial<TrainOptions>;
let run: string;
let counter = 0;
const place = () => join(folder, `run-${counter++}`);

async function json(path: string) {
  return JSON.parse(await readFile(path, 'utf8'));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-from-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 350, test: 40, classes: 4 });
  short = { data, valSize: 50, batchSize: 32, hidden: [12, 7], epochs: 4, lr: 0.1, threads: 0, keepLast: 100 };
  run = place();
  await runOnDisk({ ...short, checkpointEvery: 5, out: run });
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe('--resume RUN --from', () => {
  test.each([5, 10, 15, 30, 40])('step %d gives the bits of an uninterrupted run, elsewhere', async (from) => {
    const before = await contentOf(run);
    const out = place();
    await runOnDisk({ resume: run, from, out, threads: from % 2 });
    expect(await bitsOnDisk(out)).toEqual(await bitsOnDisk(run));
    expect((await checkpointNames(out))[0]).toBe(`step-${String(from).padStart(8, '0')}`);
    expect(await contentOf(run)).toEqual(before);
  });

  test.each<Partial<TrainOptions>>([
    { select: 'best' },
    { patience: 1 },
    { select: 'best', patience: 2 },
  ])('with %j: best parameters, patience and summary are those of an uninterrupted run', async (change) => {
    const whole = place();
    await runOnDisk({ ...short, ...change, epochs: 8, out: whole });
    const out = place();
    await runOnDisk({ resume: whole, from: 10, out });
    expect(await bitsOnDisk(out)).toEqual(await bitsOnDisk(whole));
    const best = async (of: string) => (await json(join(of, 'summary.json'))).bestEpoch;
    expect(await best(out)).toBe(await best(whole));
  });

  test('best is that with the lowest validation loss', async () => {
    const history: { steps: number; validation: { loss: number } }[] = await json(join(run, 'history.json'));
    const lowest = history.reduce((a, b) => (b.validation.loss < a.validation.loss ? b : a));
    const out = place();
    const { events } = await runOnDisk({ resume: run, from: 'best', out });
    expect(events).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining(`from step ${lowest.steps},`) }),
    );
    expect(await bitsOnDisk(out)).toEqual(await bitsOnDisk(run));
  });

  test('a step without a checkpoint is refused with those that there are', async () => {
    const error = await refusal(() => runOnDisk({ resume: run, from: 7, out: place() }));
    expect(error.what).toContain('no checkpoint of step 7');
    expect(error.why).toContain('5, 10, 15, 20, 25, 30, 35, 40');
    expect(error.exitCode).toBe(2);
  });

  test('best, where nothing was validated, is refused', async () => {
    const other = place();
    await runOnDisk({ ...short, valSize: 0, epochs: 1, out: other });
    const error = await refusal(() => runOnDisk({ resume: other, from: 'best', out: place() }));
    expect(error.message).toMatch(/no best checkpoint.*none .* validated/s);
  });

  test('a damaged one is refused and not replaced by another', async () => {
    const other = place();
    await cp(run, other, { recursive: true });
    await rewrite(join(other, 'checkpoints/step-00000010/state.safetensors'), (bytes) => bytes.subarray(1));
    const error = await refusal(() => runOnDisk({ resume: other, from: 10, out: place() }));
    expect(error.why).toMatch(/state\.safetensors has .* bytes instead of .*those of the steps 5, 15/);
  });

  test('in the same folder nothing is lost: later checkpoints refuse it, the newest goes on', async () => {
    const before = await contentOf(run);
    for (const out of [null, run]) {
      const error = await refusal(() => runOnDisk({ resume: run, from: 20, out, epochs: 6 }));
      expect(error.message).toMatch(/later checkpoints than that of step 20.*step 40.*--out DIR/s);
      expect(error.exitCode).toBe(2);
    }
    expect(await contentOf(run)).toEqual(before);
    expect((await readdir(run)).filter((name) => name.startsWith('.'))).toEqual([]);

    const other = place();
    await cp(run, other, { recursive: true });
    await runOnDisk({ resume: other, from: 40, epochs: 5 });
    const out = place();
    await runOnDisk({ ...short, epochs: 5, out });
    expect(await bitsOnDisk(other)).toEqual(await bitsOnDisk(out));
  });

  test('changes of before it stay, those after it are undone, and one of now is recorded there', async () => {
    const other = place();
    await runOnDisk({ ...short, epochs: 1, out: other });
    await runOnDisk({ resume: other, epochs: 2, lr: 0.01, allowChange: ['lr'] });
    await runOnDisk({ resume: other, epochs: 3, lr: 0.02, augment: false, allowChange: ['lr', 'augment'] });
    const changesOf = async (of: string) => (await json(join(of, 'config.json'))).record.changes;
    const first = { step: 10, epochsDone: 1, name: 'lr', from: 0.1, to: 0.01 };

    const plain = place();
    await runOnDisk({ resume: other, from: 20, out: plain });
    expect(await changesOf(plain)).toEqual([first]);
    expect(await json(join(plain, 'config.json'))).toMatchObject({ lr: 0.01, augment: true, epochs: 3 });

    const changed = place();
    await expect(runOnDisk({ resume: other, from: 20, out: changed, lr: 0.02 })).rejects.toThrow(/another lr/);
    await runOnDisk({ resume: other, from: 20, out: changed, lr: 0.02, allowChange: ['lr'] });
    expect(await changesOf(changed)).toEqual([first, { step: 20, epochsDone: 2, name: 'lr', from: 0.01, to: 0.02 }]);
    // as one that was changed there in its own folder
    const own = place();
    await runOnDisk({ ...short, epochs: 1, out: own });
    await runOnDisk({ resume: own, epochs: 2, lr: 0.01, allowChange: ['lr'] });
    await runOnDisk({ resume: own, epochs: 3, lr: 0.02, allowChange: ['lr'] });
    expect(await bitsOnDisk(changed)).toEqual(await bitsOnDisk(own));
  });

  test('without --resume it is refused', async () => {
    const error = await refusal(() => runOnDisk({ ...short, from: 'best', out: place() }));
    expect(error.what).toBe('--from best needs --resume');
  });
});

describe('--checkpoint', () => {
  test('a damaged one that may have been the newest or the best is named', async () => {
    const other = place();
    await cp(run, other, { recursive: true });
    await rewrite(join(other, 'checkpoints/step-00000040/state.safetensors'), (bytes) => bytes.subarray(1));
    for (const which of ['last', 'best', 10] as const) {
      const told: string[] = [];
      const { step } = await readModel(other, which, (message) => told.push(message));
      if (which === 'last') expect(step).toBe(35);
      expect(told.join()).toMatch(which === 10 ? /^$/ : /step-00000040 is passed over: state\.safetensors has/);
    }
    const { events } = await runOnDisk({ resume: other, from: 'best', out: place() });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('step-00000040 is passed over') }),
    );
  });

  test('is the model of a run that ended there, of an unfinished run too', async () => {
    const unfinished = place();
    await dieAt(27, { ...short, out: unfinished });
    for (const [which, epochs] of [
      [10, 1],
      ['last', 2],
    ] as const) {
      const until = place();
      const { summary } = await runOnDisk({ ...short, epochs, out: until });
      const { model, step } = await readModel(unfinished, which);
      expect(digestOf(model.parameters)).toBe(summary.digest);
      expect(step).toBe(10 * epochs);
    }
    await expect(readModel(unfinished, null)).rejects.toThrow(/not the folder of a finished run/);
    const error = await refusal(() => readModel(unfinished, 11));
    expect(error.message).toMatch(/no checkpoint of step 11.*10, 20/s);
  });

  test('by the commands, which say which it was', async () => {
    const until = place();
    const { summary } = await runOnDisk({ ...short, epochs: 2, out: until });
    const run_ = (...args: string[]) => runCli(args, { cwd: folder });
    const evaluated = await run_('evaluate', run, '--checkpoint', '20', '--json');
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ ...summary.test, digest: summary.digest, checkpoint: 20 });

    const exported = await run_('export', run, '--checkpoint', '20');
    const file = join(run, 'export', 'step-00000020', 'model.safetensors');
    expect(exported.stdout).toBe(`${file}\n`);
    const plain = await run_('export', until);
    expect(await readFile(file)).toEqual(await readFile(plain.stdout.trim()));

    const refused = await run_('evaluate', run, '--checkpoint', 'newest');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('"last" or "best" or an integer');
  });
});

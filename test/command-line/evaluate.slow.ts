// lockstep evaluate: the figures of the run's own evaluation to the bit, and every way to be refused.

import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { infer } from '../../coordinator/evaluation/inference.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { wiring } from '../../src/library.ts';
import { mnistData } from '../support/golden.ts';
import { runCli } from '../support/run-cli.ts';
import { slowForward } from '../support/slow-network.ts';
import { withFolder, writeTinyData } from '../support/tiny-data.ts';
import { type TrainedRun, trainedRun } from '../support/trained-run.ts';

let run: TrainedRun;
beforeAll(async () => {
  run = await trainedRun();
});
afterAll(async () => await run.remove());

async function evaluated(...args: string[]) {
  const { exitCode, stdout } = await runCli(['evaluate', run.folder, '--json', ...args], { cwd: '.' });
  expect(exitCode).toBe(0);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

describe('lockstep evaluate', () => {
  it('gives the test figures of the summary, for any number of threads', async () => {
    const inline = await evaluated();
    expect(inline).toMatchObject({ run: 'run', split: 'test', samples: 10_000, ...run.summary.test });
    expect(inline.digest).toBe(run.summary.digest);
    for (const threads of ['1', '2', '3']) expect(await evaluated('--threads', threads)).toEqual(inline);
  });

  it('gives the validation figures of the last epoch', async () => {
    const found = await evaluated('--split', 'validation', '--threads', '2');
    expect(found).toMatchObject({ samples: 5000, ...run.summary.epochs.at(-1)!.validation });
  });

  it('counts each image once, and the diagonal is the accuracy', async () => {
    const { confusion, accuracy } = await evaluated();
    const data = await mnistData();
    const perClass = confusion.map((row: number[]) => row.reduce((a, b) => a + b));
    expect(perClass).toEqual(
      Array.from({ length: 10 }, (_, label) => data.test.labels.filter((l) => l === label).length),
    );
    const diagonal = confusion.reduce((sum: number, row: number[], i: number) => sum + row[i]!, 0);
    expect(diagonal / 10_000).toBe(accuracy);
  });

  it('prints a table', async () => {
    const { stdout } = await runCli(['evaluate', run.folder], { cwd: '.' });
    expect(stdout).toMatch(/^Split {5}test\nSamples {3}10000\nAccuracy {2}0\.\d{4}\nLoss {6}\d\.\d{4}\n\nLabel /);
    expect(stdout).toMatch(/\n9 +1009 +0\.\d{4} +0\.\d{4}( +\d+){10}\n$/);
  });

  it("has the slow twin's predictions and probabilities", async () => {
    const { model } = await readTrainedModel(run.folder);
    const { test } = await mnistData();
    const { predictions, probabilities } = await infer(model, test, 0, wiring);
    let disagreements = 0;
    for (let i = 0; i < 500; i++) {
      const slow = slowForward(model, test.images.subarray(i * 784, (i + 1) * 784));
      const found = probabilities.subarray(i * 10, i * 10 + 10);
      slow.forEach((p, c) => {
        expect(Math.abs(found[c]! - p)).toBeLessThan(1e-5);
      });
      if (slow.indexOf(Math.max(...slow)) !== predictions[i]) disagreements++;
    }
    expect(disagreements).toBe(0);
  });
});

describe('lockstep evaluate refuses', () => {
  const refused = async (args: string[], message: RegExp) => {
    const { exitCode, stdout, stderr } = await runCli(['evaluate', ...args], { cwd: '.' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^Error: .+\n {2}Why: {2}.+\n {2}Mend: .+\n$/);
    expect([exitCode, stdout]).toEqual([2, '']);
  };

  it.each<[string, string[], RegExp]>([
    ['no run', [], /missing required argument 'run'/i],
    ['a folder that is none', ['nowhere'], /nowhere is not the folder of a finished run\n.*no config\.json/],
    ['two runs', ['a', 'b'], /too many arguments/i],
    ['an unknown split', ['x', '--split', 'train'], /--split cannot be train\n.*test or validation/],
    ['a bad number', ['x', '--threads', 'two'], /--threads cannot be two\n.*an integer from 0 to 64/],
    ['an unknown flag', ['x', '--spilt', 'test'], /Unknown option .--spilt.[\s\S]*Did you mean --split\?/],
  ])('%s', async (_, args, message) => await refused(args, message));

  it('data that are not there, or do not fit', async () => {
    await refused(
      [run.folder, '--data', '/nowhere'],
      /data folder \/nowhere cannot be read\n.*\n.*leave --data out for the run's own/,
    );
    await withFolder(async (folder) => {
      await writeTinyData(folder, { rows: 7, columns: 5 });
      await refused([run.folder, '--data', folder], /do not fit the model[\s\S]*7x5 = 35 pixels.*784 inputs/);
    });
  });

  it('a damaged run', async () => {
    await withFolder(async (folder) => {
      const at = (name: string) => join(folder, name);
      await copyFile(join(run.folder, 'config.json'), at('config.json'));
      await refused([folder], /not the folder of a finished run\n.*no model\.safetensors/);
      const model = await readFile(join(run.folder, 'model.safetensors'));
      await writeFile(at('model.safetensors'), model.subarray(0, 5000));
      await refused([folder], /model\.safetensors is not a safetensors file that can be read\n.*truncated/);
      const weight = { name: 'fc1.weight', shape: [2, 784], data: new Float32Array(1568) };
      await writeFile(at('model.safetensors'), encodeSafetensors([weight]));
      await refused([folder], /is not the model of a run\n.*no tensor fc1\.bias/);
      const bias = { name: 'fc1.bias', shape: [3], data: new Float32Array(3) };
      await writeFile(at('model.safetensors'), encodeSafetensors([weight, bias]));
      await refused([folder], /fc1\.bias has shape \[3\], expected was \[2\]/);
      bias.shape = [2];
      bias.data = Float32Array.of(0, Number.NaN);
      await writeFile(at('model.safetensors'), encodeSafetensors([weight, bias]));
      await refused([folder], /parameter 1569 is NaN/);
      await writeFile(at('model.safetensors'), model);
      await writeFile(at('config.json'), '{');
      await refused([folder], /config\.json cannot be used\n.*not JSON/);
      await writeFile(at('config.json'), '{"epochs": 0}');
      await refused([folder], /config\.json cannot be used\n.*"record": it is missing/);
      const whole = JSON.parse(await readFile(join(run.folder, 'config.json'), 'utf8'));
      await writeFile(at('config.json'), JSON.stringify({ ...whole, epochs: 0 }));
      await refused(
        [folder],
        /config\.json cannot be used\n.*"epochs" in the configuration file .*config\.json, line 1 cannot be 0/,
      );
      await writeFile(at('config.json'), JSON.stringify({ ...whole, valSize: 0 }));
      await refused([folder, '--split', 'validation'], /There is no validation split/);
    });
  });
});

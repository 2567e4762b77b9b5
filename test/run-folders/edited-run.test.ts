// A run folder that was edited by hand: what decides the bits is compared three ways, and nothing is changed on the disk before
// everything that may refuse has had its say.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reportData } from '../../coordinator/report/report-data.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { wiring } from '../../src/library.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, contentOf, dieAt, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { tinyRun } from '../support/tiny-run.ts';

const tiny = tinyRun();
const { copied } = tiny;
const more = { epochs: 3, threads: 0 } as const;

async function edited(change: (config: Record<string, unknown>) => void): Promise<string> {
  const run = await copied();
  const config = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
  change(config);
  await writeFile(join(run, 'config.json'), JSON.stringify(config));
  return run;
}

describe('config.json says otherwise than the checkpoint', () => {
  test.each<[string, unknown]>([
    ['lr', 0.01],
    ['batchSize', 32],
    ['seed', 7],
    ['shards', 4],
    ['augment', false],
    ['weightDecay', 0.1],
    ['limitTrain', 32],
    ['valSize', 10],
    ['select', 'best'],
  ])('%s', async (name, value) => {
    const run = await edited((config) => {
      config[name] = value;
    });
    const before = await contentOf(run);
    const error = await refusal(() => runOnDisk({ ...more, resume: run }));
    expect(error.message).toMatch(
      new RegExp(`config\\.json has another ${name} than .*${name} was .* and is .* now, .*no such change`),
    );
    expect(error.exitCode).toBe(2);
    expect(await contentOf(run)).toEqual(before);
    // allowed by name it is done, and recorded as what it is
    await runOnDisk({ ...more, resume: run, allowChange: [name] });
    const { record } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
    expect(record.changes).toMatchObject([{ step: 10, epochsDone: 2, name, to: value }]);
  });

  test('with a flag that says what the checkpoint says', async () => {
    const run = await edited((config) => {
      config['lr'] = 0.01;
    });
    // compared with config.json it is a change, and so it is named
    await expect(runOnDisk({ ...more, resume: run, lr: 0.001 })).rejects.toThrow(/another lr/);
    const right = await copied();
    await runOnDisk({ ...more, resume: right });
    await runOnDisk({ ...more, resume: run, lr: 0.001, allowChange: ['lr'] });
    expect(await bitsOnDisk(run)).toEqual(await bitsOnDisk(right));
  });
});

describe('its recorded changes', () => {
  /** Resumed with another rate, so that checkpoint and config.json record it. */
  async function changed(): Promise<string> {
    const run = await copied();
    await runOnDisk({ ...more, resume: run, lr: 0.01, allowChange: ['lr'] });
    return run;
  }
  const rewritten = async (run: string, change: (config: { [key: string]: unknown }) => void) => {
    const config = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
    change(config);
    await writeFile(join(run, 'config.json'), JSON.stringify(config));
  };

  test.each<[string, (changes: { [key: string]: unknown }[]) => unknown]>([
    ['removed', (changes) => changes.pop()],
    ['with another step', ([change]) => Object.assign(change!, { step: 5 })],
    ['with another value', ([change]) => Object.assign(change!, { from: 0.5 })],
    ['with one before them', (changes) => changes.unshift({ step: 0, name: 'seed', from: 1, to: 42 })],
  ])('%s are refused by every reader', async (_, change) => {
    const run = await changed();
    await rewritten(run, ({ record }) => change((record as { changes: [] }).changes));
    for (const read of [() => runOnDisk({ ...more, epochs: 4, resume: run }), () => readTrainedModel(run)]) {
      const error = await refusal(read);
      expect(error.what).toBe(`${run}/config.json records other changes than the run's newest checkpoint`);
      expect(error.mend).toContain('state.json');
    }
  });

  test('do not explain an edit that goes back to what once was', async () => {
    const run = await changed();
    // 0.001 -> 0.01 is recorded, and by hand it is 0.001 again; then as if 0.01 had been edited into a run that went back
    await rewritten(run, (config) => Object.assign(config, { lr: 0.001 }));
    await expect(runOnDisk({ ...more, epochs: 4, resume: run })).rejects.toThrow(/config\.json has another lr than/);
    await rewritten(run, (config) => Object.assign(config, { lr: 0.01 }));
    await runOnDisk({ ...more, epochs: 4, resume: run, lr: 0.001, allowChange: ['lr'] });
    await rewritten(run, (config) => Object.assign(config, { lr: 0.01 }));
    await expect(runOnDisk({ ...more, epochs: 5, resume: run })).rejects.toThrow(/config\.json has another lr than/);
  });
});

describe('what a finished run leaves', () => {
  const spoilt = async (file: string, change: (value: Record<string, unknown>) => unknown) => {
    const run = await copied();
    const value = JSON.parse(await readFile(join(run, file), 'utf8'));
    change(value);
    await writeFile(join(run, file), JSON.stringify(value));
    return run;
  };
  const epochOf = (value: Record<string, unknown>) => (value['epochs'] as Record<string, unknown>[])[1]!;

  test.each<[string, (summary: Record<string, unknown>) => unknown]>([
    ['its test figures', (summary) => Object.assign(summary, { test: { loss: 0.01, accuracy: 0.99 } })],
    ['its seed', (summary) => Object.assign(summary, { seed: 43 })],
    ['its engine', (summary) => Object.assign(summary, { engine: 'tfjs-node' })],
    ['its number of parameters', (summary) => Object.assign(summary, { parameters: 1 })],
    ['its digest', (summary) => Object.assign(summary, { digest: 'ab'.repeat(32) })],
    ['its state digest', (summary) => Object.assign(summary, { stateDigest: 'ab'.repeat(32) })],
    ['a best epoch', (summary) => Object.assign(summary, { bestEpoch: 1 })],
    ['the loss of an epoch', (summary) => Object.assign(epochOf(summary), { train: { loss: 0, accuracy: 1 } })],
    ['an epoch less', (summary) => (summary['epochs'] as []).pop()],
  ])('%s in summary.json, edited: it is not told, but made again, and the report refuses it', async (_, change) => {
    const run = await spoilt('summary.json', change);
    await expect(reportData(run, null, wiring)).rejects.toMatchObject({
      what: expect.stringMatching(/cannot be used$/),
    });
    const ran = await runOnDisk({ resume: run, threads: 0 });
    expect(warningsOf(ran)[0]).toContain('made again');
    expect(await bitsOnDisk(run)).toEqual(await bitsOnDisk(tiny.finished));
  });

  test('the steps of an epoch in history.json, which stand in the checkpoint only', async () => {
    const run = await copied();
    const text = await readFile(join(run, 'history.json'), 'utf8');
    await writeFile(join(run, 'history.json'), text.replace('"steps": 5', '"steps": 4'));
    await expect(reportData(run, null, wiring)).rejects.toThrow(
      /history\.json cannot be used: of epoch 1 it says something else than .*step-00000010/,
    );
  });

  test('more epochs in config.json than it has: it goes on to them', async () => {
    const run = await edited((config) => Object.assign(config, { epochs: 3 }));
    const ran = await runOnDisk({ resume: run, threads: 0 });
    expect(ran.summary.epochs).toHaveLength(3);
  });

  test('fewer epochs in config.json than it has: that is refused', async () => {
    const run = await edited((config) => Object.assign(config, { epochs: 1 }));
    await expect(runOnDisk({ resume: run, threads: 0 })).rejects.toThrow(/beyond that: it has done 10 steps/);
  });

  test('other hidden layers in config.json than its model has', async () => {
    const run = await edited((config) => Object.assign(config, { hidden: [9] }));
    await rm(join(run, 'checkpoints'), { recursive: true });
    await expect(readTrainedModel(run)).rejects.toThrow(
      /config\.json cannot be used: "hidden" is 9, and its model has 8/,
    );
  });

  test('a model of before, in a run that goes on and was interrupted', async () => {
    const run = await copied();
    await dieAt(15, { ...more, epochs: 4, resume: run });
    const error = await refusal(() => readTrainedModel(run));
    expect(error.message).toMatch(/not the folder of a finished run: it holds no summary\.json.*--resume/);
    // without its summary alone, the model is still that of its checkpoint
    const alone = await copied();
    await rm(join(alone, 'summary.json'));
    expect((await readTrainedModel(alone)).model.widths).toEqual([64, 8, 3]);
  });

  test('images of another shape in the metadata of its model', async () => {
    const run = await copied();
    const path = join(run, 'model.safetensors');
    const text = (await readFile(path)).toString('latin1');
    await writeFile(path, Buffer.from(text.replace('"rows":"8"', '"rows":"4"'), 'latin1'));
    await expect(readTrainedModel(run)).rejects.toThrow(/4x8 pixels, and it has 64 inputs/);
  });
});

test('a config.json that cannot be written costs neither itself nor summary.json', async () => {
  const run = await copied();
  const before = await contentOf(run);
  // what is written aside first
  await mkdir(join(run, '.config.json.tmp'));
  const error = await refusal(() => runOnDisk({ ...more, resume: run }));
  expect(error.what).toBe(`${run}/config.json cannot be written`);
  expect(error.exitCode).toBe(2);
  expect(await contentOf(run)).toEqual(before);
});

test('a resumption that is refused late leaves everything as it was', async () => {
  const taken: Server = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
  const { port } = taken.address() as { port: number };
  const run = await copied();
  const before = await contentOf(run);
  await expect(
    runOnDisk({ ...more, resume: run, listen: `127.0.0.1:${port}`, metricsPort: 'off' }),
  ).rejects.toMatchObject({ exitCode: 2 });
  taken.close();
  expect(await contentOf(run)).toEqual(before);
});

test.each([
  ['a tab', 'tab\there'],
  ['a line break', 'line\nbreak'],
  ['quotes and backslashes', 'quo"te\\'],
  ['a carriage return and a line separator', 'cr\rls\u2028x'],
])('a run in a folder with %s in its name goes on', async (_, name) => {
  const run = await copied(name);
  await runOnDisk({ ...more, resume: run, metricsPort: 0 });
  await runOnDisk({ ...more, epochs: 4, resume: run, metricsPort: 0 });
  expect((await bitsOnDisk(run)).history.length).toBe(4);
});

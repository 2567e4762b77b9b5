// A run folder that was edited by hand, and figures that are no numbers: what decides the bits is compared three ways, and
// nothing is changed on the disk before everything that may refuse has had its say.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BestParameters } from '../coordinator/best-parameters.ts';
import { bestOf } from '../src/checkpoint-retention.ts';
import { checkHistory, jsonText } from '../src/disk-records.ts';
import { bestEpochOf, isOutOfPatience } from '../src/position.ts';
import { refusal } from './support/refusal.ts';
import { bitsOnDisk, contentOf, copyOf, runOnDisk } from './support/run-on-disk.ts';
import { writeTinyData } from './support/tiny-data.ts';

let folder: string;
let finished: string;
let counter = 0;
const more = { epochs: 3, threads: 0 } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-edited-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 90, test: 20, rows: 8, columns: 8 });
  finished = join(folder, 'finished');
  await runOnDisk({ data, out: finished, epochs: 2, batchSize: 16, shards: 2, valSize: 20, hidden: [8], threads: 0 });
});
afterAll(() => rm(folder, { recursive: true }));

const copied = () => copyOf(finished, join(folder, `copy-${counter++}`));

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
      new RegExp(`another ${name}.*${name} was .* and is .* now .*config\\.json says otherwise`),
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
])('a run in a folder with %s in its name goes on', async (_, name) => {
  const run = await copyOf(finished, join(folder, name));
  await runOnDisk({ ...more, resume: run, metricsPort: 0 });
  await runOnDisk({ ...more, epochs: 4, resume: run, metricsPort: 0 });
  expect((await bitsOnDisk(run)).history.length).toBe(4);
});

test('a metrics.om that was damaged does not stop a run', async () => {
  const run = await copied();
  await writeFile(join(run, 'metrics.om'), 'lockstep_steps_total{run="\u0001\\x"} nonsense 1\n# TYPE\n\u0000');
  await runOnDisk({ ...more, resume: run, metricsPort: 0 });
  expect((await bitsOnDisk(run)).history.length).toBe(3);
});

describe('figures that are no numbers', () => {
  const epoch = (number: number, loss: number) => ({
    epoch: number,
    steps: number * 5,
    train: { loss, accuracy: 0 },
    validation: { loss, accuracy: 0.5 },
    samples: 70,
  });

  test('come back from JSON as they were, and so does what 0.1.0 wrote', () => {
    const history = [epoch(1, Number.NaN), epoch(2, Infinity), epoch(3, -Infinity), epoch(4, 1)];
    expect(checkHistory(JSON.parse(jsonText(history)))).toEqual({ value: history });
    expect(checkHistory(JSON.parse(JSON.stringify([epoch(1, Number.NaN)])))).toEqual({ value: [epoch(1, Number.NaN)] });
  });

  test('are never the best', () => {
    expect(bestEpochOf([epoch(1, Number.NaN), epoch(2, 3), epoch(3, Number.NaN)])).toBe(1);
    expect(bestEpochOf([epoch(1, Number.NaN)])).toBe(-1);
    expect(isOutOfPatience([epoch(1, 3), epoch(2, Number.NaN), epoch(3, Number.NaN)], 2)).toBe(true);
    const checkpoints = [Number.NaN, 2, Number.NaN].map((validationLoss, step) => ({ step, validationLoss }));
    expect(bestOf(checkpoints)?.step).toBe(1);
    const best = new BestParameters(null);
    best.consider(Number.NaN, true, () => Float32Array.of(1));
    best.consider(5, true, () => Float32Array.of(2));
    best.consider(Number.NaN, true, () => Float32Array.of(3));
    expect(best.parameters).toEqual(Float32Array.of(2));
  });
});

// A run folder that was edited by hand, and figures that are no numbers: what decides the bits is compared three ways, and
// nothing is changed on the disk before everything that may refuse has had its say.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportData } from '../../coordinator/report/report-data.ts';
import { writeReport } from '../../coordinator/report/write-report.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { BestParameters } from '../../coordinator/training/best-parameters.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { wiring } from '../../src/library.ts';
import { bestOf } from '../../src/run/checkpoint-retention.ts';
import { checkHistory, jsonText } from '../../src/run/disk-records.ts';
import { bestEpochOf, isOutOfPatience } from '../../src/run/position.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, contentOf, copyOf, dieAt, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

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

/** The text of a state file, with its checksum. */
function sealed(body: object): string {
  const json = JSON.stringify(body, null, 2);
  const text = json.slice(0, json.lastIndexOf('\n}'));
  return `${text},\n  "checksum": "${createHash('sha256').update(text).digest('hex')}"\n}\n`;
}

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
    expect(await bitsOnDisk(run)).toEqual(await bitsOnDisk(finished));
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

describe('values nested deeper than a program can go', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  test.each([
    ['config.json', '"lr": 0.001', `"lr": ${deep}`],
    ['config.json', '"changes": []', `"changes": [{"step":1,"name":"lr","from":${deep},"to":1}]`],
    ['config.json', '"record": {', `"record": ${deep}, "other": {`],
    ['summary.json', '"run": "finished"', `"run": ${deep}`],
    ['history.json', '"samples": 70', `"samples": ${deep}`],
    ['summary.json', null, deep],
    ['history.json', null, deep],
    ['log.json', null, deep],
  ])('in %s (%s)', async (name, field, other) => {
    const run = await copied();
    const text = await readFile(join(run, name), 'utf8').catch(() => '');
    const spoilt = field === null ? other : text.replace(field, other);
    expect(spoilt).not.toBe(text);
    await writeFile(join(run, name), spoilt);
    const error = await refusal(() => reportData(run, null, wiring));
    expect(error.what).toBe(`${join(run, name)} cannot be used`);
    expect(error.message.length).toBeLessThan(1000);
    if (name === 'config.json') await refusal(() => runOnDisk({ ...more, resume: run }));
    else expect((await runOnDisk({ ...more, resume: run })).summary.epochs).toHaveLength(3);
  });
});

test('a model whose layers do not fit together asks for no memory', async () => {
  const run = await copied();
  const tensor = (name: string, ...shape: number[]) => ({
    name,
    shape,
    data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  });
  for (const tensors of [
    // 10^12 parameters, if one believed the widths
    [tensor('fc1.weight', 1e6, 1), tensor('fc1.bias', 1e6), tensor('fc2.weight', 1e6, 1), tensor('fc2.bias', 1e6)],
    [tensor('fc1.weight', 0, 2 ** 40), tensor('fc1.bias', 0)],
    [tensor('fc1.weight', 2 ** 40, 0), tensor('fc1.bias', 0)],
  ]) {
    await writeFile(join(run, 'model.safetensors'), encodeSafetensors(tensors));
    const error = await refusal(() => readTrainedModel(run));
    expect(error.what).toBe(`${join(run, 'model.safetensors')} is not the model of a run`);
  }
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
  test.each([
    ['null, as 0.1.0 wrote them', null],
    ['words', 'NaN'],
    ['words', 'Infinity'],
  ])('in a run that goes on: %s (%s)', async (_, figure) => {
    const run = await copied();
    // a node could make an evaluation of 0.1.0 come to that
    const put = (epochs: { validation: unknown; samplesPerSecond?: unknown }[]) => {
      epochs[1]!.validation = { loss: figure, accuracy: 0.5 };
      if ('samplesPerSecond' in epochs[1]!) epochs[1]!.samplesPerSecond = figure;
    };
    const path = (name: string) => join(run, name);
    const read = async (name: string) => JSON.parse(await readFile(path(name), 'utf8'));
    const [history, summary] = [await read('history.json'), await read('summary.json')];
    put(history);
    put(summary.epochs);
    await writeFile(path('history.json'), JSON.stringify(history));
    await writeFile(path('summary.json'), JSON.stringify(summary));
    const state = join('checkpoints', 'step-00000010', 'state.json');
    const { checksum: __, ...body } = await read(state);
    put(body.history);
    body.validation = body.history[1].validation;
    body.timings[1].samplesPerSecond = figure;
    await writeFile(path(state), sealed(body));

    expect((await runOnDisk({ resume: run, threads: 0 })).summary.epochs).toHaveLength(2);
    const { history: reported } = await reportData(run, null, wiring);
    expect(Number.isFinite(reported[1]!.validation!.loss)).toBe(false);
    await writeReport(run, null, wiring);
    const ran = await runOnDisk({ ...more, resume: run, metricsPort: 0, select: 'best', allowChange: ['select'] });
    expect(ran.summary.epochs[1]!.validation!.loss).toBe(figure === null ? Number.NaN : Number(figure));
    expect(ran.summary.bestEpoch).toBe(3);
    const written = await read('history.json');
    expect(written[1].validation.loss).toBe(figure ?? 'NaN');
    // and once more, from what this program wrote
    expect((await runOnDisk({ ...more, epochs: 4, resume: run, metricsPort: 0 })).summary.epochs).toHaveLength(4);
  });

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

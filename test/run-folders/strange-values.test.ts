// Values that this program never writes, in the files of a run folder: nested too deep, of impossible sizes, no numbers.

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reportData } from '../../coordinator/report/report-data.ts';
import { writeReport } from '../../coordinator/report/write-report.ts';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { wiring } from '../../src/library.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, runOnDisk } from '../support/run-on-disk.ts';
import { tinyRun } from '../support/tiny-run.ts';

const { copied } = tinyRun();
const more = { epochs: 3, threads: 0 } as const;

/** The text of a state file, with its checksum. */
function sealed(body: object): string {
  const json = JSON.stringify(body, null, 2);
  const text = json.slice(0, json.lastIndexOf('\n}'));
  return `${text},\n  "checksum": "${createHash('sha256').update(text).digest('hex')}"\n}\n`;
}

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
});

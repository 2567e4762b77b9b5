// Event files of runs that train: they say what history.json says, go on with a run that is resumed, and never stop one.

import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { writeReport } from '../../coordinator/report/write-report.ts';
import { nextEventFile, replaceEventFile } from '../../coordinator/run-folder/event-files.ts';
import { wiring } from '../../src/library.ts';
import { curveOf, eventsOf } from '../support/event-files.ts';
import { bitsOnDisk, dieAt, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';
import { traced } from '../support/train.ts';

let folder: string;
let options: Parameters<typeof runOnDisk>[0];
let counter = 0;
const place = () => join(folder, `run-${counter++}`);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-tensorboard-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 90, test: 20, rows: 8, columns: 8 });
  // five steps an epoch
  options = { data, epochs: 3, batchSize: 16, shards: 2, valSize: 20, hidden: [8], threads: 0 };
});
afterAll(() => rm(folder, { recursive: true }));

const steps = (events: Parameters<typeof curveOf>[0], tag: string) => curveOf(events, tag).map(([step]) => step);
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** All that TensorBoard shows of the run's figures, against its own records. */
async function expectWhole(run: string, epochs = 3): Promise<void> {
  const events = await eventsOf(run);
  const history = JSON.parse(await readFile(join(run, 'history.json'), 'utf8'));
  const { test } = JSON.parse(await readFile(join(run, 'summary.json'), 'utf8'));
  expect(history).toHaveLength(epochs);
  for (const figure of ['loss', 'accuracy'] as const) {
    for (const split of ['train', 'validation'] as const) {
      const recorded = history.map((epoch: typeof history) => [epoch.steps, Math.fround(epoch[split][figure])]);
      expect(curveOf(events, `${figure}/${split}`)).toEqual(recorded);
    }
    expect(curveOf(events, `${figure}/test`).at(-1)).toEqual([5 * epochs, Math.fround(test[figure])]);
  }
  expect(steps(events, 'batch/loss')).toEqual(upTo(5 * epochs));
}

describe('a run', () => {
  it('tells TensorBoard what history.json says, the batches, and what it was asked', async () => {
    const out = place();
    await runOnDisk({ ...options, out, schedule: 'cosine' });
    await expectWhole(out);
    const [training, session] = [await eventsOf(out, 'training'), await eventsOf(out, 'session')];
    expect(training.map(({ version }) => version).filter(Boolean)).toEqual(['brain.Event:2']);
    expect(training[1]).toMatchObject({ start: true, step: 1 });
    // the epoch's loss is made of the batches': four of 16 and one of 6
    const losses = curveOf(training, 'batch/loss').slice(0, 5);
    const sum = losses.reduce((sum, [step, loss]) => sum + loss * (step === 5 ? 6 : 16), 0);
    expect(sum / 70).toBeCloseTo(curveOf(training, 'loss/train')[0]![1], 5);
    expect(curveOf(training, 'batch/learning_rate').at(-1)![1]).toBe(0);
    const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'));
    const shown = JSON.parse(training.find(({ texts }) => texts.has('configuration'))!.texts.get('configuration')!);
    const { $schema: _schema, record: _record, ...recorded } = config;
    expect({ ...shown, data: null }).toEqual({ ...recorded, data: null });
    expect(session.find(({ hparams }) => hparams !== null)!.hparams!.get('schedule')).toBe('cosine');
    expect(session.map(({ status }) => status).filter((status) => status !== null)).toEqual([1]);
    for (const { seconds } of training) expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(600);
  });

  it('does so of its threads as well', async () => {
    const out = place();
    await runOnDisk({ ...options, out, threads: 2 });
    await expectWhole(out);
  });

  it('has equal bits without them, and none where none are wanted', async () => {
    const [out, without] = [place(), place()];
    await runOnDisk({ ...options, out });
    await runOnDisk({ ...options, out: without, tensorboard: false });
    expect(await bitsOnDisk(without)).toEqual(await bitsOnDisk(out));
    expect(await readdir(without)).not.toContain('tensorboard');
    const before = await readdir(folder);
    await traced(options);
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('a run that is resumed', () => {
  it('goes on, and what came behind its checkpoint is void', async () => {
    const out = place();
    await dieAt(13, { ...options, out, checkpointEvery: 4 });
    expect(steps(await eventsOf(out), 'batch/loss')).toEqual(upTo(13));
    await runOnDisk({ resume: out });
    await expectWhole(out);
    const training = await eventsOf(out, 'training');
    expect(training.filter(({ start }) => start).map(({ step }) => step)).toEqual([1, 13]);
    // two files, and one session, of the last process
    expect(await readdir(join(out, 'tensorboard'))).toHaveLength(3);
  });

  it('that was finished and is made longer has both tests, and is asked what it is asked now', async () => {
    const out = place();
    await runOnDisk({ ...options, out, epochs: 2 });
    await runOnDisk({ resume: out, epochs: 3 });
    await expectWhole(out);
    const events = await eventsOf(out);
    expect(steps(events, 'loss/test')).toEqual([10, 15]);
    expect(events.flatMap(({ hparams }) => hparams?.get('epochs') ?? [])).toEqual([3]);
  });

  it('in another folder, or that had none, has the epochs of before', async () => {
    const [out, other] = [place(), place()];
    await runOnDisk({ ...options, out, epochs: 2, tensorboard: false });
    await runOnDisk({ resume: out, out: other, epochs: 3 });
    await runOnDisk({ resume: out, epochs: 3 });
    for (const run of [out, other]) {
      const events = await eventsOf(run);
      expect(steps(events, 'loss/validation')).toEqual([5, 10, 15]);
      expect(steps(events, 'batch/loss')).toEqual([11, 12, 13, 14, 15]);
    }
  });
});

describe('where they cannot be written', () => {
  it('the run goes on, and says so once', async () => {
    const out = place();
    await runOnDisk({ ...options, out, epochs: 1 });
    await rm(join(out, 'tensorboard'), { recursive: true });
    await writeFile(join(out, 'tensorboard'), 'in the way');
    const ran = await runOnDisk({ resume: out, epochs: 3 });
    expect(warningsOf(ran)).toEqual([expect.stringMatching(/what TensorBoard reads was not written: .*ENOTDIR/)]);
    const whole = place();
    await runOnDisk({ ...options, out: whole });
    expect((await bitsOnDisk(out)).digest).toBe((await bitsOnDisk(whole)).digest);
    // the report is made all the same
    expect((await writeReport(out, null, wiring)).at(-1)).toBe(join(out, 'report.html'));
  });
});

describe('a report', () => {
  it('has its images among them, once', async () => {
    const out = place();
    await runOnDisk({ ...options, out });
    for (let i = 0; i < 2; i++) {
      const files = await writeReport(out, null, wiring);
      expect(files.at(-1)).toMatch(/tensorboard.*report$/);
    }
    const images = (await eventsOf(out)).flatMap(({ step, images }) =>
      [...images].map(([tag, image]) => ({ step, tag, ...image })),
    );
    expect(images.map(({ tag }) => tag)).toEqual([
      'report/samples',
      'report/confusion',
      'report/classes',
      'report/correct',
      'report/incorrect',
      'report/surest-mistakes',
    ]);
    for (const { tag, step, width, height, png } of images) {
      expect(step).toBe(15);
      const file = await readFile(join(out, 'figures', `${tag.slice(7)}.png`));
      expect(Buffer.compare(png, file)).toBe(0);
      expect([width, height]).toEqual([file.readUInt32BE(16), file.readUInt32BE(20)]);
    }
  });

  it('makes no event files of its own', async () => {
    const out = place();
    await runOnDisk({ ...options, out, tensorboard: false });
    await writeReport(out, null, wiring);
    expect(await readdir(out)).not.toContain('tensorboard');
  });
});

describe('names of event files', () => {
  it('follow each other, whatever the clock says', () => {
    const first = nextEventFile([], 'session', 1795835352.9);
    expect(first).toBe('events.out.tfevents.1795835352.session');
    const next = nextEventFile([first, 'notes.txt'], 'training', 1795835352.9);
    expect(next).toBe('events.out.tfevents.1795835353.training');
    expect(nextEventFile([next, first], 'report', 5)).toBe('events.out.tfevents.1795835354.report');
  });

  test('one takes the place of those of its kind, and leaves alone what another process is writing', async () => {
    const run = place();
    const others = ['.events.out.tfevents.1795835354.report.tmp', 'events.out.tfevents.1795835353.training'];
    await mkdir(join(run, 'tensorboard'), { recursive: true });
    for (const name of [...others, 'events.out.tfevents.1795835352.session'])
      await writeFile(join(run, 'tensorboard', name), 'x');
    const path = await replaceEventFile(run, 'session', []);
    expect((await readdir(join(run, 'tensorboard'))).sort()).toEqual([...others, basename(path)].sort());
    expect((await stat(path)).size).toBe(0);
  });
});

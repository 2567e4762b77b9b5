// What TensorBoard is shown of long and short runs, of none that was validated, and of one that goes back.

import { describe, expect, it, test } from 'vitest';
import { BoardRecords, hparamsOf } from '../../../../coordinator/watch/tensorboard/board-records.ts';
import { curveOf, readEvents } from '../../../support/event-files.ts';

const sums = { lossSum: 32, correctCount: 48, sampleCount: 64 };
const means = { loss: 0.5, accuracy: 0.75 };
const epochAt = (steps: number) => ({ steps, train: means, validation: null });
const now = () => 1;

function stepsTold(records: BoardRecords, steps: number, ms: number | null = 1): Uint8Array[] {
  return Array.from({ length: steps }, (_, step) => records.step(now, step, sums, ms, 0.001)).flat();
}

describe('figures of steps', () => {
  it('are those of the batch', () => {
    const events = readEvents(Buffer.concat(stepsTold(new BoardRecords(10, 1), 10, 100)));
    expect(events.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const figures = { 'batch/loss': 0.5, 'batch/accuracy': 0.75, 'batch/learning_rate': Math.fround(0.001) };
    expect(Object.fromEntries(events[0]!.scalars)).toEqual(figures);
    // over a quarter of a second at least: three steps
    expect(curveOf(events, 'batch/samples_per_second')).toEqual([
      [3, 640],
      [6, 640],
      [9, 640],
    ]);
  });

  test.each([1, 2, 997, 998, 999, 1000, 2150, 1_000_000])('of %i steps are at most a thousand', (steps) => {
    const records = new BoardRecords(steps, 5);
    const bytes = Buffer.concat(stepsTold(records, steps));
    const events = readEvents(bytes);
    expect(events[0]!.step).toBe(1);
    expect(events.length).toBeLessThanOrEqual(1000);
    expect(events.length).toBeGreaterThanOrEqual(Math.min(steps, 499));
    expect(bytes.length).toBeLessThan(200_000);
  });

  it('tell no speed where the time is not known', () => {
    expect(readEvents(stepsTold(new BoardRecords(5, 1), 1, null)[0]!)[0]!.scalars.size).toBe(3);
  });
});

describe('figures of epochs', () => {
  it('are few for many, and the last is there', () => {
    const records = new BoardRecords(100_000, 100_000);
    const told = Array.from({ length: 99_999 }, (_, i) => records.epoch(1, i + 1, epochAt(i + 1))).flat();
    const events = readEvents(Buffer.concat([...told, ...records.test(1, 99_999, means)]));
    const epochs = curveOf(events, 'epoch').map(([step]) => step);
    expect([epochs[0], epochs[1], epochs.at(-1)]).toEqual([1, 101, 99_999]);
    expect(epochs.length).toBeLessThanOrEqual(1000);
    expect(curveOf(events, 'loss/test')).toEqual([[99_999, 0.5]]);
  });

  it('tell no validation where there was none', () => {
    const [record] = new BoardRecords(5, 1).epoch(1, 1, epochAt(5));
    expect([...readEvents(record!)[0]!.scalars.keys()]).toEqual(['loss/train', 'accuracy/train', 'epoch']);
  });
});

it('a run that goes back leaves no false point', () => {
  const records = new BoardRecords(20, 4);
  const told = [
    ...records.begin(1, 0, { epochs: 4 }, []),
    ...stepsTold(records, 12),
    ...records.epoch(1, 1, epochAt(5)),
    ...records.epoch(1, 2, epochAt(10)),
    ...records.goBack(1, 5),
    ...records.step(now, 5, sums, 1, 0.001),
  ];
  const events = readEvents(Buffer.concat(told));
  expect(curveOf(events, 'batch/loss').map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(curveOf(events, 'epoch')).toEqual([[5, 1]]);
});

it('a configuration cannot end its own frame', () => {
  const config = { data: '```\n# <b>title</b>\n[x](javascript:1)' };
  const events = readEvents(Buffer.concat(new BoardRecords(5, 1).begin(1, 0, config, [])));
  const lines = events.at(-1)!.texts.get('configuration')!.split('\n');
  expect(lines.filter((line) => !line.startsWith('    '))).toEqual([]);
});

it('what runs are compared by is what shows in the bits, and their length', () => {
  const config = {
    epochs: 5,
    lr: 0.1,
    hidden: [8, 4],
    augment: true,
    warmup: null,
    data: '/secret',
    keepLast: 3,
    without: 'a\u001bb',
  };
  expect([...hparamsOf({ config, engine: 'wasm' })].sort()).toEqual([
    ['augment', true],
    ['engine', 'wasm'],
    ['epochs', 5],
    ['hidden', '8,4'],
    ['lr', 0.1],
    ['without', 'a\\x1bb'],
  ]);
});

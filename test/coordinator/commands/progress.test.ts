import { describe, expect, it } from 'vitest';
import { createProgress, epochLine } from '../../../coordinator/commands/progress.ts';
import type { ProgressSink } from '../../../src/command.ts';
import type { TrainEvent } from '../../../src/run/events.ts';

type EventOf<T extends TrainEvent['type']> = Extract<TrainEvent, { type: T }>;

const start: EventOf<'start'> = {
  type: 'start',
  epochs: 5,
  stepsPerEpoch: 430,
  endStep: 2150,
  trainSamples: 55_000,
  validationSamples: 5000,
  testSamples: 10_000,
  parameters: 109_386,
  engine: 'wasm',
  threads: 2,
  wide: false,
};
const progress: EventOf<'progress'> = {
  type: 'progress',
  epoch: 1,
  step: 215,
  stepsInEpoch: 430,
  samples: 27_520,
  train: { loss: 0.95854, accuracy: 0.69224 },
  samplesPerSecond: 182_345.6,
  secondsLeft: 71.2,
};
const epoch: EventOf<'epoch'> = {
  type: 'epoch',
  epochs: 5,
  epoch: 1,
  steps: 430,
  train: { loss: 0.95848, accuracy: 0.69216 },
  validation: { loss: 0.59361, accuracy: 0.81068 },
  samples: 55_000,
  seconds: 0.3,
  samplesPerSecond: 182_000,
};
const reportLine =
  'Epoch 1/5, Training Loss: 0.9585, Training Accuracy: 0.6922, Validation Loss: 0.5936, Validation Accuracy: 0.8107';

const header = 'Epoch  Train loss  Train acc  Val loss  Val acc    Samples/s      Time';
const row = '  1/5      0.9585     0.6922    0.5936   0.8107      182,000     0.3 s';

/** What was written, piece by piece, and what a terminal would show at the end. */
class Recorder implements ProgressSink {
  readonly pieces: string[] = [];
  readonly isTTY: boolean;
  columns: number | undefined;

  constructor(columns?: number) {
    this.isTTY = columns !== undefined;
    this.columns = columns;
  }

  write(text: string): void {
    this.pieces.push(text);
  }

  get screen(): string[] {
    return this.pieces
      .join('')
      .split('\n')
      .map((line) => line.split('\r\x1b[K').at(-1)!);
  }
}

function record(columns: number | undefined, events: readonly TrainEvent[], quiet = false) {
  const sink = new Recorder(columns);
  const shown = createProgress(sink, { quiet });
  events.forEach((event, index) => {
    shown.show(event, index * 1000);
  });
  return { sink, shown };
}

describe('epochLine', () => {
  it('has the form of the report', () => {
    expect(epochLine(epoch, 5)).toBe(reportLine);
  });

  it('leaves out a validation that there is none of', () => {
    expect(epochLine({ ...epoch, validation: null }, 5)).toBe(
      'Epoch 1/5, Training Loss: 0.9585, Training Accuracy: 0.6922',
    );
  });
});

describe('progress', () => {
  const warning: TrainEvent = { type: 'warning', message: 'mind this' };
  const all: TrainEvent[] = [start, progress, warning, progress, epoch, { type: 'info', message: 'by the way' }];

  it('is plain lines where there is no terminal', () => {
    const { sink } = record(undefined, all);
    const first =
      'Training 109,386 parameters on 55,000 samples, validation 5,000, test 10,000, 430 steps an epoch, engine wasm, 2 threads';
    expect(sink.pieces.join('')).toBe(`${first}\nWarning: mind this\n${reportLine}\nby the way\n`);
  });

  it('begins with lines that a terminal has room for', () => {
    const { sink } = record(40, [start]);
    expect(sink.screen).toEqual([
      'Training 109,386 parameters on 55,000',
      '  samples, validation 5,000, test',
      '  10,000, 430 steps an epoch, engine',
      '  wasm, 2 threads',
      '',
    ]);
  });

  it('is a live line on a terminal, which gives way to lines that stay', () => {
    const { sink } = record(120, all);
    const live =
      'Epoch 1/5 [============            ]   50%  loss 0.9585  accuracy 0.6922  182,346 samples/s  1:12 left';
    expect(sink.pieces[1]).toBe(live);
    expect(sink.pieces.slice(2, 4)).toEqual(['\r\x1b[K', 'Warning: mind this\n']);
    expect(sink.pieces[4]).toBe(live);
    expect(sink.screen.slice(1)).toEqual(['Warning: mind this', header, row, 'by the way', '']);
  });

  it('draws no live line where others write to the same terminal', () => {
    const sink = new Recorder(120);
    const shown = createProgress(sink, { quiet: false, drawn: false });
    for (const [index, event] of all.entries()) shown.show(event, index * 1000);
    expect(sink.pieces.join('')).not.toMatch(/\r|samples\/s {2}/);
    expect(sink.screen.slice(1)).toEqual(['Warning: mind this', header, row, 'by the way', '']);
  });

  it('calls one step an epoch one', () => {
    expect(record(undefined, [{ ...start, stepsPerEpoch: 1 }]).sink.screen[0]).toContain(', 1 step an epoch,');
  });

  it('shows the header again after twenty lines, and where other columns fit', () => {
    const sink = new Recorder(80);
    const shown = createProgress(sink, { quiet: false });
    for (let each = 0; each < 30; each++) shown.show(epoch, each);
    expect(sink.screen.flatMap((line, index) => (line === header ? [index] : []))).toEqual([0, 21]);
    sink.columns = 40;
    shown.show(epoch, 100);
    expect(sink.screen.at(-3)).toBe('Epoch  Train loss  Val loss  Val acc');
    expect(sink.screen.at(-2)).toBe('  1/5      0.9585    0.5936   0.8107');
  });

  it('has colours for warnings and the lowest loss, on a terminal that shows them', () => {
    const worse = { ...epoch, validation: { loss: 0.7, accuracy: 0.7 } };
    const written = (colours: boolean, columns?: number) => {
      const sink = Object.assign(new Recorder(columns), { colours });
      const shown = createProgress(sink, { quiet: false });
      for (const event of [warning, epoch, worse]) shown.show(event, 0);
      return sink.pieces.join('');
    };
    expect(written(true, 80)).toContain('\x1b[33mWarning:\x1b[39m mind this\n');
    expect(written(true, 80).split('\x1b[32m')).toHaveLength(2);
    expect(written(true, 80)).toContain('\x1b[32m  0.5936\x1b[39m');
    expect(written(false, 80)).not.toContain('\x1b');
    // who asks for colours in a pipe has them there too
    expect(written(true).split('\x1b')).toEqual([
      '',
      '[33mWarning:',
      expect.stringMatching(/^\[39m mind this\nEpoch 1/),
    ]);
    expect(written(false)).not.toContain('\x1b');
  });

  it('erases all rows of a live line that a narrower terminal broke', () => {
    const sink = new Recorder(80);
    const shown = createProgress(sink, { quiet: false });
    shown.show(progress, 0);
    const rows = Math.ceil(sink.pieces[0]!.length / 20);
    sink.columns = 20;
    shown.clear();
    expect(sink.pieces[1]).toBe(`\x1b[${rows - 1}A\r\x1b[J`);
  });

  it('is drawn over at most ten times a second', () => {
    const sink = new Recorder(100);
    const shown = createProgress(sink, { quiet: false });
    for (let ms = 0; ms < 1000; ms += 10) shown.show(progress, ms);
    expect(sink.pieces).toHaveLength(10);
    shown.show(epoch, 1000);
    shown.show({ ...progress, epoch: 2 }, 1001);
    expect(sink.screen.at(-1)).toMatch(/^Epoch 2/);
  });

  it('leaves no live line behind', () => {
    const summary = {} as EventOf<'done'>['summary'];
    expect(record(100, [progress, { type: 'done', summary, folder: null }]).sink.screen).toEqual(['']);
    const { sink, shown } = record(100, [progress]);
    shown.clear();
    shown.clear();
    expect(sink.pieces.slice(1)).toEqual(['\r\x1b[K']);
  });

  it.each([200, 100, 80, 60, 40, 30, 20, 12, 5, 1])('fits a terminal of %i columns', (columns) => {
    const { sink } = record(columns, [start, progress, { ...progress, secondsLeft: 1e6, samplesPerSecond: 1e9 }]);
    const lines = sink.pieces.filter((piece) => !piece.endsWith('\n'));
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.replace('\r\x1b[K', '').length).toBeLessThan(columns);
  });

  it('follows a terminal that changes its width', () => {
    const sink = new Recorder(100);
    const shown = createProgress(sink, { quiet: false });
    shown.show(progress, 0);
    sink.columns = 30;
    shown.show(progress, 1000);
    expect(sink.pieces[1]!.split('\x1b[J').at(-1)!.length).toBeLessThan(30);
  });

  it('does without a width, without steps, and without an estimate', () => {
    const empty = { ...progress, step: 0, stepsInEpoch: 0, secondsLeft: Number.POSITIVE_INFINITY };
    const sink = new Recorder(0);
    createProgress(sink, { quiet: false }).show(empty, 0);
    expect(sink.pieces[0]).toMatch(/0%.*--:-- left$/);
  });

  it('is nothing but warnings when quiet', () => {
    for (const columns of [undefined, 100]) {
      expect(record(columns, all, true).sink.pieces).toEqual(['Warning: mind this\n']);
    }
  });
});

// Shows a run on stderr: what the trainer tells -> text. On a terminal a live line that is drawn over, and a table of the epochs;
// elsewhere only lines that stay, with the report's sentence for each epoch. Has no clock: whoever calls says what time it is.

import type { ProgressSink } from '../../src/command.ts';
import { eventLine } from '../../src/run/event-text.ts';
import type { EpochRecord, TrainEvent } from '../../src/run/events.ts';
import type { Means } from '../../src/sums.ts';
import { printable } from '../../src/text/clean-text.ts';
import { counted } from '../../src/text/counted.ts';
import { grouped } from '../../src/text/grouped.ts';
import { toldLines } from '../../src/text/wrapped.ts';
import { clock, epochRow } from './epoch-table.ts';

export interface Progress {
  show(event: TrainEvent, nowMs: number): void;
  /** Takes the live line away, so that something else can be printed. */
  clear(): void;
}

/** Fast enough to look alive, slow enough to be read. */
const redrawMs = 100;
const eraseLine = '\r\x1b[K';
/** After so many lines the table shows its header again: it may have left the screen. */
const linesToHeader = 20;

/** Quiet: nothing but warnings. Not `drawn`: no line that is drawn over, since others write to the same terminal. */
export function createProgress(
  sink: ProgressSink,
  {
    quiet,
    verbose = false,
    drawn = true,
  }: { readonly quiet: boolean; readonly verbose?: boolean; readonly drawn?: boolean },
): Progress {
  let epochs = 0;
  /** Of the live line that is drawn; 0: none is. */
  let live = 0;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let header = '';
  let linesSinceHeader = 0;
  let lowestLoss = Number.POSITIVE_INFINITY;
  const coloured = sink.colours === true;
  const width = () => sink.columns || 80;
  const told = (text: string) => toldLines(printable(text), sink.isTTY === true ? width() : null);

  /** A terminal that became narrower broke the line in several: it is erased from its first row on. */
  const erased = () => {
    if (live === 0) return '';
    const rowsAbove = Math.ceil(live / width()) - 1;
    return rowsAbove <= 0 ? eraseLine : `\x1b[${rowsAbove}A\r\x1b[J`;
  };
  const clear = () => {
    if (live > 0) sink.write(erased());
    live = 0;
  };
  /** `line`: with nothing in it but what is ours, colours among it. */
  const printOwn = (line: string) => {
    clear();
    sink.write(`${line}\n`);
    linesSinceHeader++;
    // The live line comes back at the next chance.
    drawnMs = Number.NEGATIVE_INFINITY;
  };
  const print = (text: string) => {
    for (const line of told(text)) printOwn(line);
  };
  const draw = (line: string, nowMs: number) => {
    sink.write(`${erased()}${line}`);
    live = line.length;
    drawnMs = nowMs;
  };
  const printRow = (event: Extract<TrainEvent, { type: 'epoch' }>) => {
    const loss = event.validation?.loss ?? Number.POSITIVE_INFINITY;
    const isBest = loss < lowestLoss;
    if (isBest) lowestLoss = loss;
    const shown = epochRow(event, width(), isBest);
    if (shown.header !== header || linesSinceHeader >= linesToHeader) {
      printOwn(shown.header);
      header = shown.header;
      linesSinceHeader = 0;
    }
    printOwn(coloured ? shown.coloured : shown.row);
    if (verbose && event.stateDigest !== undefined) printOwn(`  State: ${event.stateDigest.slice(0, 16)}`);
  };

  const show = (event: TrainEvent, nowMs: number) => {
    const line = eventLine(event);
    if (line?.level === 'warning') {
      const word = coloured ? '\x1b[33mWarning:\x1b[39m' : 'Warning:';
      for (const one of told(`Warning: ${line.text}`)) printOwn(one.replace(/^Warning:/, word));
      return;
    }
    if (quiet) return;
    if (line !== null) return print(line.text);
    switch (event.type) {
      case 'start':
        epochs = event.epochs;
        return print(startLine(event));
      case 'progress':
        if (drawn && sink.isTTY === true && nowMs - drawnMs >= redrawMs) draw(liveLine(event, epochs, width()), nowMs);
        return;
      case 'epoch':
        return sink.isTTY === true ? printRow(event) : print(epochLine(event, event.epochs, verbose));
      case 'checkpoint':
      case 'checkpointFailed':
        // Of each failure that matters a warning tells.
        return;
      case 'test':
      case 'done':
        // The result itself goes to stdout.
        return clear();
    }
  };
  return { show, clear };
}

/** The form of the report that this trainer reproduces; `verbose`: with the state's digest, by which two logs can be compared. */
export function epochLine(
  { epoch, train, validation, stateDigest }: EpochRecord,
  epochs: number,
  verbose = false,
): string {
  const state = verbose && stateDigest !== undefined ? [`State: ${stateDigest.slice(0, 16)}`] : [];
  const split = [...figures('Training', train), ...figures('Validation', validation)];
  return [`Epoch ${epoch}/${epochs}`, ...split, ...state].join(', ');
}

function figures(split: string, values: Means | null): string[] {
  if (values === null) return [];
  return [`${split} Loss: ${values.loss.toFixed(4)}`, `${split} Accuracy: ${values.accuracy.toFixed(4)}`];
}

function startLine(event: Extract<TrainEvent, { type: 'start' }>): string {
  const { parameters, trainSamples, validationSamples, testSamples, stepsPerEpoch, engine, threads, wide } = event;
  const workers = threads === 0 ? 'inline' : counted(threads, 'thread');
  return [
    `Training ${grouped(parameters)} parameters on ${grouped(trainSamples)} samples`,
    `validation ${grouped(validationSamples)}`,
    `test ${grouped(testSamples)}`,
    `${grouped(stepsPerEpoch)} step${stepsPerEpoch === 1 ? '' : 's'} an epoch`,
    `engine ${engine}${wide ? ' with wide vectors' : ''}`,
    workers,
  ].join(', ');
}

/** Narrower terminals lose the least important parts; the last column stays free, since some terminals wrap there. */
function liveLine(event: Extract<TrainEvent, { type: 'progress' }>, epochs: number, columns: number): string {
  const width = columns - 1;
  const part = event.stepsInEpoch === 0 ? 0 : event.step / event.stepsInEpoch;
  const head = `Epoch ${event.epoch}/${epochs}`;
  // In the order of importance, which is also that on the screen.
  const parts = [
    `${Math.floor(part * 100)}%`.padStart(4),
    `loss ${event.train.loss.toFixed(4)}`,
    `accuracy ${event.train.accuracy.toFixed(4)}`,
    `${grouped(Math.round(event.samplesPerSecond))} samples/s`,
    `${clock(event.secondsLeft)} left`,
  ];
  let tail = '';
  for (const next of parts) {
    if (`${head}${tail}  ${next}`.length > width) break;
    tail += `  ${next}`;
  }
  const cells = Math.min(24, width - head.length - tail.length - 3);
  const filled = Math.round(part * cells);
  const bar = cells < 4 ? '' : ` [${'='.repeat(filled)}${' '.repeat(cells - filled)}]`;
  return `${head}${bar}${tail}`.slice(0, Math.max(0, width));
}

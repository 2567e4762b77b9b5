// The epochs of a run as a table for a terminal: which columns fit, its header, and a row for each epoch. Pure: it knows neither the
// terminal nor what else is printed.

import type { EpochRecord, EpochTiming } from '../../src/run/events.ts';
import { grouped } from '../../src/text/grouped.ts';

type Epoch = EpochRecord & EpochTiming & { readonly epochs: number };

interface Column {
  readonly title: string;
  readonly width: number;
  /** Narrow terminals lose those of the highest number first. */
  readonly rank: number;
  /** Whether its cell tells of the figure by which the best epoch is chosen. */
  readonly best?: true;
  readonly cell: (epoch: Epoch) => string;
}

const gap = '  ';

const columnsOfTable: readonly Column[] = [
  { title: 'Epoch', width: 5, rank: 0, cell: ({ epoch, epochs }) => `${epoch}/${epochs}` },
  { title: 'Train loss', width: 10, rank: 1, cell: ({ train }) => figure(train.loss, 10) },
  { title: 'Train acc', width: 9, rank: 4, cell: ({ train }) => figure(train.accuracy, 9) },
  { title: 'Val loss', width: 8, rank: 2, best: true, cell: ({ validation }) => figure(validation?.loss, 8) },
  { title: 'Val acc', width: 7, rank: 3, cell: ({ validation }) => figure(validation?.accuracy, 7) },
  { title: 'Samples/s', width: 11, rank: 6, cell: ({ samplesPerSecond }) => grouped(Math.round(samplesPerSecond)) },
  { title: 'Time', width: 8, rank: 5, cell: ({ seconds }) => duration(seconds) },
];

export interface EpochRow {
  /** Of the columns that fit: another one is to be shown again. */
  readonly header: string;
  readonly row: string;
  /** The same, with the best epoch's loss in green. */
  readonly coloured: string;
}

/** `columns`: of the terminal, whose last one stays free. `isBest`: no epoch before has a lower validation loss. */
export function epochRow(epoch: Epoch, columns: number, isBest: boolean): EpochRow {
  const [first, ...others] = columnsOfTable;
  const widest = `${epoch.epochs}/${epoch.epochs}`.length;
  const shown = fitting([{ ...first!, width: Math.max(first!.width, widest) }, ...others], columns - 1);
  const cells = shown.map((column) => column.cell(epoch).padStart(column.width));
  const green = (cell: string, { best }: Column) => (isBest && best ? `\x1b[32m${cell}\x1b[39m` : cell);
  return {
    header: shown.map(({ title, width }) => title.padStart(width)).join(gap),
    row: cells.join(gap),
    coloured: cells.map((cell, index) => green(cell, shown[index]!)).join(gap),
  };
}

/** Those of the highest importance that fit, in their order; the epoch always. */
function fitting(columns: readonly Column[], width: number): readonly Column[] {
  let shown = columns;
  while (shown.length > 1 && widthOf(shown) > width) {
    const leastImportant = Math.max(...shown.map(({ rank }) => rank));
    shown = shown.filter(({ rank }) => rank < leastImportant);
  }
  return shown;
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + gap.length * (columns.length - 1);
}

/** Four places, or where there is no room for them two and a power of ten. */
function figure(value: number | undefined, width: number): string {
  if (value === undefined) return '-';
  const plain = value.toFixed(4);
  return plain.length <= width ? plain : value.toExponential(1);
}

/** 0.3 s, 59.9 s, 1:00, 1:02:03. */
function duration(seconds: number): string {
  return seconds < 59.95 ? `${seconds.toFixed(1)} s` : clock(seconds);
}

/** 0:07, 12:03, 1:02:03. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '--:--';
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

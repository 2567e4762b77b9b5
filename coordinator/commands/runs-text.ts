// The runs of a folder: which of them are shown, in which order, and as what: a table that fits a terminal, or JSON. Pure.

import { cellsOf, inCells, padded } from '../../src/text/cell-width.ts';
import { printable } from '../../src/text/clean-text.ts';
import { nearestOf } from '../../src/text/nearest.ts';
import { bareValue } from '../../src/text/shown-value.ts';
import type { RunOverview, RunState } from '../run-folder/run-overview.ts';
import { whole } from './result-text.ts';

interface Column {
  readonly title: string;
  readonly side: 'left' | 'right';
  /** Of columns that do not fit the highest goes first; 0: it always stays. */
  readonly goes: number;
  readonly cell: (run: RunOverview) => string;
  /** What runs are sorted by: smaller comes first. null comes last. */
  readonly rank: (run: RunOverview) => string | number | null;
}

export const runColumns = {
  name: {
    title: 'Run',
    side: 'left',
    goes: 0,
    cell: ({ name }) => printable(name),
    rank: ({ name }) => name,
  },
  state: { title: 'State', side: 'left', goes: 0, cell: ({ state }) => state, rank: ({ state }) => state },
  epochs: {
    title: 'Epochs',
    side: 'right',
    goes: 2,
    cell: ({ epochs: { done, asked } }) => (asked === null ? '-' : `${done}/${asked}`),
    rank: ({ epochs }) => -epochs.done,
  },
  validation: {
    title: 'Val.',
    side: 'right',
    goes: 3,
    cell: ({ validation }) => validation?.accuracy.toFixed(4) ?? '-',
    rank: ({ validation }) => highestFirst(validation?.accuracy),
  },
  test: {
    title: 'Test',
    side: 'right',
    goes: 1,
    cell: ({ test }) => test?.accuracy.toFixed(4) ?? '-',
    rank: ({ test }) => highestFirst(test?.accuracy),
  },
  speed: {
    title: 'Samples/s',
    side: 'right',
    goes: 5,
    cell: ({ samplesPerSecond }) => (samplesPerSecond === null ? '-' : whole(samplesPerSecond)),
    rank: ({ samplesPerSecond }) => highestFirst(samplesPerSecond),
  },
  digest: {
    title: 'Digest',
    side: 'left',
    goes: 4,
    cell: ({ digest }) => digest?.slice(0, 8) ?? '-',
    rank: ({ digest }) => digest,
  },
} as const satisfies Readonly<Record<string, Column>>;

export type RunColumn = keyof typeof runColumns;
const allColumns: readonly Column[] = Object.values(runColumns);

function highestFirst(value: number | null | undefined): number | null {
  return value === null || value === undefined || Number.isNaN(value) ? null : -value;
}

export interface Wanted {
  readonly sort: RunColumn;
  readonly reverse: boolean;
  /** null: all. */
  readonly states: readonly RunState[] | null;
  /** A part of a name, or option=value. null: all. */
  readonly filter: string | null;
}

export function wantedRuns(runs: readonly RunOverview[], { sort, reverse, states, filter }: Wanted): RunOverview[] {
  const chosen = runs.filter((run) => (states?.includes(run.state) ?? true) && (filter === null || fits(run, filter)));
  const { rank }: Column = runColumns[sort];
  const sign = reverse ? -1 : 1;
  return chosen.sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    // what has no such figure comes last, whichever way round
    if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
    return x < y ? -sign : x > y ? sign : 0;
  });
}

/** "lr=0.01" -> an option and what it was asked to be; null: it can be a part of a name alone. */
function askedIn(filter: string): readonly [option: string, value: string] | null {
  const at = filter.indexOf('=');
  return at < 1 ? null : [filter.slice(0, at), filter.slice(at + 1)];
}

function fits({ name, config }: RunOverview, filter: string): boolean {
  const [option, value] = askedIn(filter) ?? [];
  if (option === undefined || config === null || !Object.hasOwn(config, option)) return name.includes(filter);
  const asked = config[option];
  return (Array.isArray(asked) ? asked.join(',') : bareValue(asked)) === value;
}

/** Why a filter may find nothing, as the end of a sentence: it names an option that no run has. null: it does not. */
export function strangeOption(runs: readonly RunOverview[], filter: string | null): string | null {
  const asked = filter === null ? null : askedIn(filter);
  const known = [...new Set(runs.flatMap(({ config }) => Object.keys(config ?? {})))];
  if (asked === null || known.length === 0 || known.includes(asked[0])) return null;
  const [option, value] = asked;
  const nearest = nearestOf(option, known);
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}=${printable(value)}?`;
  return `none has an option ${printable(option)}${meant}`;
}

/** Fewer letters of a name tell nothing: rather a column goes. */
const LEAST_NAME = 16;
const GAP = 2;

/** `width`: cells of the terminal; null: whatever it takes. */
export function runsTable(runs: readonly RunOverview[], width: number | null): string {
  const cells = (column: Column) => [column.title, ...runs.map(column.cell)];
  const widthOf = (column: Column) => cells(column).reduce((most, cell) => Math.max(most, cellsOf(cell)), 0);
  const nameWidth = widthOf(runColumns.name);
  let columns = allColumns;
  const others = () => columns.slice(1).reduce((sum, column) => sum + GAP + widthOf(column), 0);
  const room = width ?? Number.POSITIVE_INFINITY;
  while (others() + Math.min(nameWidth, LEAST_NAME) > room && columns.some(({ goes }) => goes > 0)) {
    const next = columns.reduce((first, one) => (one.goes > first.goes ? one : first));
    columns = columns.filter((one) => one !== next);
  }
  const names = Math.max(1, Math.min(nameWidth, room - others()));
  const laid = columns.map((column, i) => {
    const wide = i === 0 ? names : widthOf(column);
    return cells(column).map((cell) => padded(i === 0 ? inCells(cell, names) : cell, wide, column.side));
  });
  return laid[0]!
    .map(
      (_, row) =>
        `${laid
          .map((column) => column[row])
          .join(' '.repeat(GAP))
          .trimEnd()}\n`,
    )
    .join('');
}

/** Documented in the help of `lockstep runs`. */
export function runsJson(folder: string, runs: readonly RunOverview[]): object {
  return { folder, runs: runs.map(({ config: _, ...run }) => run) };
}

// Charts: numbers -> drawings. Axes have labels and round ticks; what is told apart by colour is told apart by place or
// name as well.

import type { ClassNames } from '../text/class-label.ts';
import { grouped } from '../text/grouped.ts';
import { drawnLabel, widestLabel } from './class-letters.ts';
import type { ClassFigures } from './confusion.ts';
import { type Drawing, label, type Point, type Role, type Shape } from './drawing.ts';

export interface Series {
  readonly name: string;
  readonly role: Role;
  /** null leaves a gap, and so does what is not finite. */
  readonly values: readonly (number | null)[];
}

/** Of a class beside its row. */
const NAME_ROOM = 160;

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function isFigure(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}

// not Math.min(...values): a run may have more epochs than a call may have arguments
function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

/** 0 of none. */
function mostOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), values[0] ?? 0);
}

/** Two panels side by side over epochs, and the names of the lines beneath their titles. */
export function curves(panels: readonly { title: string; percent: boolean; series: readonly Series[] }[]): Drawing {
  const shapes = panels.flatMap(({ title, percent, series }, i) =>
    panel({ x: 70 + i * 430, y: 64, width: 340, height: 250 }, title, percent, series),
  );
  return { name: 'curves', title: 'Loss and accuracy by epoch', width: 70 + 430 * panels.length, height: 380, shapes };
}

function panel(frame: Frame, title: string, percent: boolean, series: readonly Series[]): Shape[] {
  const known = series.flatMap(({ values }) => values.filter(isFigure));
  const epochs = Math.max(...series.map(({ values }) => values.length));
  const [low, high] = known.length === 0 ? [0, 1] : [leastOf(known), mostOf(known)];
  const ticks = roundTicks(percent ? low : 0, high);
  const [from, to] = [ticks[0]!, ticks.at(-1)!];
  const x = (epoch: number) => frame.x + (epochs === 1 ? 0.5 : (epoch - 1) / (epochs - 1)) * frame.width;
  const y = (value: number) => frame.y + frame.height * (1 - (value - from) / (to - from || 1));
  const shown = (value: number) =>
    percent ? `${Number((value * 100).toFixed(2))} %` : String(Number(value.toFixed(4)));
  const shapes: Shape[] = [label(frame.x, frame.y - 36, title, { size: 16 })];
  for (const tick of ticks) {
    shapes.push({ kind: 'line', points: [[frame.x, y(tick)], [frame.x + frame.width, y(tick)]], stroke: 'grid', thick: 1 }); // biome-ignore format: a line
    shapes.push(label(frame.x - 8, y(tick) + 4, shown(tick), { size: 12, fill: 'muted', anchor: 'end' }));
  }
  for (const epoch of wholeTicks(epochs)) {
    shapes.push(
      label(x(epoch), frame.y + frame.height + 20, String(epoch), { size: 12, fill: 'muted', anchor: 'middle' }),
    );
  }
  shapes.push(label(frame.x + frame.width / 2, frame.y + frame.height + 42, 'Epoch', { anchor: 'middle' }));
  series.forEach(({ name, role, values }, s) => {
    const legend = frame.x + s * 120;
    shapes.push({ kind: 'line', points: [[legend, frame.y - 18], [legend + 22, frame.y - 18]], stroke: role, thick: s === 0 ? 2.5 : 1.5 }); // biome-ignore format: a line
    shapes.push({ kind: 'disc', x: legend + 11, y: frame.y - 18, radius: s === 0 ? 2 : 4, fill: role });
    shapes.push(label(legend + 30, frame.y - 14, name));
    const points = values.flatMap((value, i): Point[] => (isFigure(value) ? [[x(i + 1), y(value)]] : []));
    if (points.length > 1) shapes.push({ kind: 'line', points, stroke: role, thick: s === 0 ? 2.5 : 1.5 });
    // the second line has larger marks, so that it is told from the first without colours
    if (epochs <= 25 || s > 0) {
      for (const [px, py] of points)
        shapes.push({ kind: 'disc', x: px, y: py, radius: s === 0 ? 2 : epochs > 25 ? 2.5 : 4, fill: role });
    }
  });
  return shapes;
}

/** A row a class: precision and recall as marks on one scale. */
export function classChart(classes: readonly ClassFigures[], names: ClassNames = null): Drawing {
  const known = classes.flatMap(({ precision, recall }) => [precision, recall].filter((value) => value !== null));
  const ticks = roundTicks(Math.min(...known, 0.99), 1);
  const left = names === null ? 70 : 60 + Math.max(10, widestLabel(names, names.length, 13, NAME_ROOM));
  const frame = { x: left, y: 62, width: 560, row: 28 };
  const bottom = frame.y + classes.length * frame.row;
  const x = (value: number) => frame.x + (frame.width * (value - ticks[0]!)) / (1 - ticks[0]!);
  const shapes: Shape[] = [
    { kind: 'disc', x: frame.x + 5, y: 24, radius: 5, fill: 'first' },
    label(frame.x + 18, 29, 'Precision'),
    { kind: 'rect', x: frame.x + 110, y: 17.5, width: 13, height: 13, fill: 'second' },
    label(frame.x + 128, 29, 'Recall'),
    label(24, (frame.y + bottom) / 2, 'Class', { anchor: 'middle', turned: true }),
  ];
  for (const tick of ticks.filter((value) => value <= 1)) {
    shapes.push({ kind: 'line', points: [[x(tick), frame.y - 6], [x(tick), bottom]], stroke: 'grid', thick: 1 }); // biome-ignore format: a line
    const text = `${Number((tick * 100).toFixed(1))} %`;
    shapes.push(label(x(tick), bottom + 20, text, { size: 12, fill: 'muted', anchor: 'middle' }));
  }
  classes.forEach(({ label: name, precision, recall }, i) => {
    const y = frame.y + (i + 0.5) * frame.row;
    shapes.push(label(frame.x - 14, y + 5, drawnLabel(names, name, 13, NAME_ROOM), { anchor: 'end' }));
    if (precision !== null && recall !== null) {
      shapes.push({ kind: 'line', points: [[x(precision), y], [x(recall), y]], stroke: 'muted', thick: 2 }); // biome-ignore format: a line
    }
    // a disc within a square where both are the same
    if (recall !== null)
      shapes.push({ kind: 'rect', x: x(recall) - 6.5, y: y - 6.5, width: 13, height: 13, fill: 'second' });
    if (precision !== null) shapes.push({ kind: 'disc', x: x(precision), y, radius: 5, fill: 'first' });
  });
  return {
    name: 'classes',
    title: 'Precision and recall of each class',
    width: left + 610,
    height: bottom + 40,
    shapes,
  };
}

/** Training samples a second, an epoch a bar. */
export function throughputChart(samplesPerSecond: readonly number[]): Drawing {
  const frame = { x: 84, y: 30, width: 640, height: 200 };
  const ticks = roundTicks(0, mostOf(samplesPerSecond.filter(isFigure)) || 1);
  const top = ticks.at(-1)!;
  const y = (value: number) => frame.y + frame.height * (1 - value / top);
  const step = frame.width / samplesPerSecond.length;
  const shapes: Shape[] = [
    label(22, frame.y + frame.height / 2, 'Samples a second', { anchor: 'middle', turned: true }),
    label(frame.x + frame.width / 2, frame.y + frame.height + 42, 'Epoch', { anchor: 'middle' }),
  ];
  for (const tick of ticks) {
    shapes.push({ kind: 'line', points: [[frame.x, y(tick)], [frame.x + frame.width, y(tick)]], stroke: 'grid', thick: 1 }); // biome-ignore format: a line
    shapes.push(label(frame.x - 8, y(tick) + 4, inThousands(tick), { size: 12, fill: 'muted', anchor: 'end' }));
  }
  samplesPerSecond.forEach((value, i) => {
    if (!isFigure(value)) return;
    const wide = Math.min(56, step * 0.7);
    const x = frame.x + (i + 0.5) * step;
    shapes.push({
      kind: 'rect',
      x: x - wide / 2,
      y: y(value),
      width: wide,
      height: frame.y + frame.height - y(value),
      fill: 'first',
    });
  });
  for (const epoch of wholeTicks(samplesPerSecond.length)) {
    const x = frame.x + (epoch - 0.5) * step;
    shapes.push(label(x, frame.y + frame.height + 20, String(epoch), { size: 12, fill: 'muted', anchor: 'middle' }));
  }
  return { name: 'throughput', title: 'Training samples a second', width: 750, height: 300, shapes };
}

/** With commas between thousands, and three decimals at most. */
function inThousands(value: number): string {
  const [whole, decimals] = String(Math.round(value * 1000) / 1000).split('.');
  const thousands = grouped(Number(whole));
  return decimals === undefined ? thousands : `${thousands}.${decimals}`;
}

/** Three to seven round numbers that span from `low` to `high`. */
export function roundTicks(low: number, high: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const unit = 10 ** Math.floor(Math.log10(span / 4));
  const step = unit * ([1, 2, 5, 10].find((factor) => span / (unit * factor) <= 5) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** At most ten of the numbers 1 to `count`, evenly spaced. */
function wholeTicks(count: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => count / size <= 12) ?? Math.ceil(count / 10);
  return Array.from({ length: count }, (_, i) => i + 1).filter((n) => (step === 1 ? true : n % step === 0 || n === 1));
}

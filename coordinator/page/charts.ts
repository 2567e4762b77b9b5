// The three charts, drawn by uPlot in the page's colours, with one cursor for all. They know points, not where these come
// from.

import uPlot from 'uplot';
import type { CurvePoint } from '../watch/curve.ts';
import type { ValidationPoint } from '../watch/page-view.ts';

export interface ChartData {
  readonly curve: readonly CurvePoint[];
  readonly validation: readonly ValidationPoint[];
  readonly stepsPerEpoch: number;
  readonly epochs: number;
}

type Column = (number | null)[];

/** The newest point's share in the smooth line: a curve of single steps is mostly noise. */
const NEWEST = 0.12;

export class Charts {
  readonly #hosts: readonly HTMLElement[];
  #plots: uPlot[] = [];
  #data: ChartData | null = null;

  /** Places for loss, accuracy and throughput. */
  constructor(hosts: readonly [HTMLElement, HTMLElement, HTMLElement]) {
    this.#hosts = hosts;
    new ResizeObserver(() => this.#resize()).observe(hosts[0].parentElement!.parentElement!);
    // colours are read when a chart is made
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#make();
      if (this.#data !== null) this.show(this.#data);
    });
    this.#make();
  }

  show(data: ChartData): void {
    this.#data = data;
    const columns = columnsOf(data);
    const { epochs } = data;
    this.#plots.forEach((plot, i) => {
      plot.batch(() => {
        plot.setData(columns[i]! as uPlot.AlignedData);
        plot.setScale('x', { min: 0, max: Math.max(epochs, 1) });
      });
    });
  }

  #make(): void {
    for (const plot of this.#plots) plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const values = [(v: number) => v.toFixed(4), (v: number) => `${(100 * v).toFixed(2)} %`, whole];
    const axes = [(v: number) => String(v), (v: number) => `${Math.round(1000 * v) / 10} %`, short];
    this.#plots = this.#hosts.map((host, i) => {
      const value = (_plot: uPlot, v: number | null) => (v === null || v === undefined ? '–' : values[i]!(v));
      const line = { value, points: { show: false } };
      const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--grid'), width: 1 }, ticks: { show: false } };
      const training = { ...line, label: i < 2 ? 'Training' : 'Samples/s', stroke: colour('--training'), width: 2 };
      const noise = { ...line, label: 'Steps', stroke: colour('--noise'), width: 1 };
      const validation = {
        ...line,
        label: 'Validation',
        stroke: colour('--validation'),
        width: 2,
        spanGaps: true,
        points: { show: true, size: 7, fill: colour('--validation') },
      };
      return new uPlot(
        {
          width: host.clientWidth || 300,
          height: host.clientHeight || 200,
          scales: { x: { time: false }, y: { range: i === 2 ? fromZero : undefined } } as uPlot.Scales,
          cursor: { sync: { key: 'lockstep' }, points: { size: 7 }, y: false },
          legend: { live: true },
          series: [
            { label: 'Epoch', value: (_plot, v: number | null) => (v === null ? '–' : v.toFixed(2)) },
            noise,
            training,
            ...(i < 2 ? [validation] : []),
          ],
          axes: [
            { ...axis, values: (_plot, splits) => splits.map((v) => (Number.isInteger(v) ? String(v) : '')), size: 32 },
            { ...axis, values: (_plot, splits) => splits.map((v) => axes[i]!(v)), size: 58 },
          ],
        },
        undefined,
        host,
      );
    });
  }

  #resize(): void {
    this.#plots.forEach((plot, i) => {
      const { clientWidth: width, clientHeight } = this.#hosts[i]!;
      const legend = plot.root.querySelector<HTMLElement>('.u-legend')?.offsetHeight ?? 0;
      const height = Math.max(80, clientHeight - legend);
      if (width > 0 && (width !== plot.width || height !== plot.height)) plot.setSize({ width, height });
    });
  }
}

/** For each chart: x in epochs, the points as they are, the smooth line, and validation where there is one. */
function columnsOf({ curve, validation, stepsPerEpoch }: ChartData): Column[][] {
  const steps = [...new Set([...curve, ...validation].map(({ step }) => step))].sort((a, b) => a - b);
  const place = new Map(steps.map((step, i) => [step, i]));
  const x = steps.map((step) => step / Math.max(1, stepsPerEpoch));
  const column = (points: readonly { step: number }[], values: Column): Column => {
    const all: Column = steps.map(() => null);
    points.forEach(({ step }, i) => {
      all[place.get(step)!] = values[i]!;
    });
    return all;
  };
  // where only a validation stands there is no point of the curve: undefined lets the line go on
  const line = (values: Column): Column =>
    column(curve, values).map((value) => (value === null ? (undefined as unknown as null) : value));
  const of = (pick: (point: CurvePoint) => number | null) => curve.map(pick);
  const charts = [of(({ loss }) => loss), of(({ accuracy }) => accuracy), of((point) => point.samplesPerSecond)];
  return charts.map((values, i) => [
    x,
    line(values),
    line(smooth(values)),
    ...(i < 2
      ? [
          column(
            validation,
            validation.map((point) => (i === 0 ? point.loss : point.accuracy)),
          ),
        ]
      : []),
  ]);
}

function smooth(values: Column): Column {
  let mean: number | null = null;
  return values.map((value, i) => {
    if (value === null) return mean;
    // quick at the beginning, where the curve is steep
    const weight = Math.max(NEWEST, 1 / (i + 1));
    mean = mean === null ? value : mean + weight * (value - mean);
    return mean;
  });
}

function fromZero(_plot: uPlot, _min: number, max: number): [number, number] {
  return [0, Number.isFinite(max) && max > 0 ? max * 1.1 : 1];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function short(value: number): string {
  return value >= 1000 ? `${Math.round(value / 1000)}k` : String(value);
}

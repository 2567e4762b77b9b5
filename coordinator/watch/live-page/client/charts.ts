// The three charts, drawn by uPlot in the page's colours, with one cursor for all. They know points, not where these come
// from.

import uPlot from 'uplot';
import type { CurvePoint } from '../../model/curve.ts';
import type { ValidationPoint } from '../../model/watched-run.ts';

export interface ChartData {
  readonly curve: readonly CurvePoint[];
  readonly validation: readonly ValidationPoint[];
}

type Column = (number | null)[];

/** The smooth line is a mean over so many points to either side, or this share of all: single steps are mostly noise. */
const SPREAD = 12;
const SPREAD_SHARE = 0.04;

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

export class Charts {
  readonly #hosts: readonly HTMLElement[];
  readonly #format = [(v: number) => v.toFixed(4), (v: number) => `${(100 * v).toFixed(2)} %`, whole];
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
    // whole epochs, as far as it has come: how much is left is the bar's affair
    const reached = Math.ceil(data.curve.at(-1)?.epochs ?? 0);
    this.#plots.forEach((plot, i) => {
      this.#hosts[i]!.dataset['points'] = String(data.curve.length);
      plot.batch(() => {
        plot.setData(columns[i]! as uPlot.AlignedData);
        plot.setScale('x', { min: 0, max: Math.max(1, reached) });
      });
    });
  }

  #make(): void {
    for (const plot of this.#plots) plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axes = [(v: number) => String(v), (v: number) => `${Math.round(1000 * v) / 10} %`, short];
    this.#plots = this.#hosts.map((host, i) => {
      const line = { points: { show: false } };
      const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--grid'), width: 1 }, ticks: { show: false } };
      // what stands on the other axis, the caption says
      const xLabel = { label: 'epoch', labelSize: 18, labelGap: 0, labelFont: FONT, font: FONT };
      const training = { ...line, stroke: colour('--training'), width: 2 };
      const noise = { ...line, stroke: colour('--noise'), width: 1 };
      const validation = {
        ...line,
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
          legend: { show: false },
          hooks: { setCursor: [(plot) => this.#tell(plot, i)], setData: [(plot) => this.#tell(plot, i)] },
          series: [{}, noise, training, ...(i < 2 ? [validation] : [])],
          axes: [
            { ...axis, ...xLabel, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000], size: 26 },
            { ...axis, values: (_plot, splits) => splits.map((v) => axes[i]!(v)), size: 58, space: 24 },
          ],
        },
        undefined,
        host,
      );
    });
  }

  /** The legend tells what is under the cursor, or else the newest. */
  #tell(plot: uPlot, i: number): void {
    const keys = this.#hosts[i]!.parentElement!.querySelectorAll<HTMLElement>('[data-series]');
    for (const key of keys) {
      const values = plot.data[Number(key.dataset['series'])] ?? [];
      const at = plot.cursor.idx ?? null;
      let shown = at === null ? null : values[at];
      for (let j = values.length - 1; at === null && j >= 0 && shown == null; j--) shown = values[j];
      key.textContent = shown == null ? '–' : this.#format[i]!(shown);
    }
  }

  #resize(): void {
    this.#plots.forEach((plot, i) => {
      const { clientWidth: width, clientHeight: height } = this.#hosts[i]!;
      if (width > 0 && (width !== plot.width || height !== plot.height)) plot.setSize({ width, height });
    });
  }
}

/** For each chart: x in epochs, the points as they are, the smooth line, and validation where there is one. */
function columnsOf({ curve, validation }: ChartData): Column[][] {
  const epochsAt = new Map([...curve, ...validation].map(({ step, epochs }) => [step, epochs]));
  const steps = [...epochsAt.keys()].sort((a, b) => a - b);
  const place = new Map(steps.map((step, i) => [step, i]));
  const x = steps.map((step) => epochsAt.get(step)!);
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
    line(smooth(values, i < 2)),
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

/**
 * A mean over points to either side. `even`: as many to the one as to the other, so that a steep line is neither late nor
 * early; else its ends are as calm as its middle.
 */
function smooth(values: Column, even: boolean): Column {
  const most = Math.min(SPREAD, Math.ceil(SPREAD_SHARE * values.length));
  return values.map((_, i) => {
    const spread = even ? Math.min(most, i, values.length - 1 - i) : most;
    let sum = 0;
    let count = 0;
    for (let j = Math.max(0, i - spread); j <= i + spread; j++) {
      const value = values[j];
      if (value === null || value === undefined) continue;
      sum += value;
      count++;
    }
    return count === 0 ? null : sum / count;
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

// metrics.om: a run's metrics over its time as OpenMetrics text, which `promtool tsdb create-blocks-from openmetrics` reads.
// When a run goes on, the counters' last values are read back from it, and its lines stand before the new ones. Pure.

import type { Family, Sample } from '../../../src/host/exposition.ts';
import type { Before } from './metric-families.ts';
import { sampleKey } from './metric-families.ts';

export interface Snapshot {
  readonly atMs: number;
  readonly families: readonly Family[];
}

/** Points of a series from earlier processes of the run. */
const MOST_EARLIER = 800;

/** The lines of each series, in the order of time; the series of each family. */
type Series = Map<string, string[]>;

/**
 * @param snapshots in the order of time; of families that the last one has
 * @param earlier such a text of an earlier process of the run, or ''
 */
export function openMetricsText(snapshots: readonly Snapshot[], earlier = ''): string {
  const lines: string[] = [];
  const before = seriesOf(earlier);
  for (const { row } of snapshots.at(-1)?.families ?? []) {
    // the format names a counter's family without the suffix of its samples
    const family = row.type === 'counter' ? row.name.replace(/_total$/, '') : row.name;
    lines.push(`# HELP ${family} ${escaped(row.help)}`, `# TYPE ${family} ${row.type}`);
    const series: Series = new Map([...(before.get(family) ?? [])].map(([name, points]) => [name, thinned(points)]));
    for (const { atMs, families } of snapshots) {
      for (const sample of families.find((one) => one.row.name === row.name)?.samples ?? []) {
        const name = seriesText(sample);
        if (!series.has(name)) series.set(name, []);
        series.get(name)!.push(`${name} ${numberText(sample.value)} ${atMs / 1000}`);
      }
    }
    for (const points of series.values()) lines.push(...points);
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** The last value of each series of such a text. */
export function lastValues(text: string): Before {
  const values = new Map<string, number>();
  for (const series of seriesOf(text).values()) {
    for (const points of series.values()) {
      // every line among them matched
      const { name, labelText, value } = sampleLine.exec(points.at(-1)!)!.groups as Record<string, string>;
      const labels: Record<string, string> = {};
      for (const [, label, quoted] of (labelText ?? '').matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)) {
        labels[label!] = unescaped(quoted!.slice(1, -1));
      }
      // what no counter can be is none: it would stay so for the rest of the run
      const counted = Number(value);
      if (Number.isFinite(counted) && counted >= 0) values.set(sampleKey({ name: name!, labels }), counted);
    }
  }
  return values;
}

/** The last time of such a text, in milliseconds; -Infinity where there is none. */
export function lastTimeMs(text: string): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const series of seriesOf(text).values()) {
    for (const points of series.values()) last = Math.max(last, timeOf(points.at(-1)!)!);
  }
  return last;
}

// a label may hold whatever a folder's name may, but no line break
const sampleLine =
  /^(?<series>(?<name>[a-z_]+)(?:\{(?<labelText>[^\n]*)\})?) (?<value>[-+]?(?:\d[\d.e+-]*|Inf)|NaN) \d+(?:\.\d+)?$/;

/** In milliseconds; null: it is none. */
function timeOf(line: string): number | null {
  const ms = Math.round(Number(line.slice(line.lastIndexOf(' ') + 1)) * 1000);
  return Number.isSafeInteger(ms) ? ms : null;
}

/**
 * A point that follows others of its series, at a later time than these: a text may come from a version whose times went
 * back with the clock, of which promtool would pass over all that comes after.
 */
function added(points: string[], line: string): void {
  const [before, time] = [points.at(-1), timeOf(line)];
  if (time === null) return;
  const least = before === undefined ? time : timeOf(before)! + 1;
  points.push(time >= least ? line : `${line.slice(0, line.lastIndexOf(' '))} ${least / 1000}`);
}

/** Lines that are no samples are passed over: the text may have been touched. */
function seriesOf(text: string): Map<string, Series> {
  const families = new Map<string, Series>();
  let series: Series = new Map();
  for (const line of text.split('\n')) {
    const family = /^# TYPE (\S+) /.exec(line)?.[1];
    if (family !== undefined) {
      series = new Map();
      families.set(family, series);
    }
    const name = sampleLine.exec(line)?.groups?.['series'];
    if (name === undefined) continue;
    if (!series.has(name)) series.set(name, []);
    added(series.get(name)!, line);
  }
  for (const each of families.values()) for (const [name, points] of each) if (points.length === 0) each.delete(name);
  return families;
}

/** Of a run that was resumed many times every second point goes, and again, until few enough are left; never the last. */
function thinned(points: string[]): string[] {
  let kept = points;
  while (kept.length > MOST_EARLIER) kept = kept.filter((_, i) => (kept.length - 1 - i) % 2 === 0);
  return kept;
}

function seriesText({ name, labels }: Sample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** The other way round: only these three are escaped, whatever else a label holds. */
function unescaped(text: string): string {
  return text.replace(/\\([\\n"])/g, (_, one: string) => (one === 'n' ? '\n' : one));
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

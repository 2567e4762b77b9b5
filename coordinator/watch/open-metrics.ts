// metrics.om: a run's metrics over its time as OpenMetrics text, which `promtool tsdb create-blocks-from openmetrics` reads;
// and the last values of counters, read back from it when the run goes on. Pure.

import type { Before, Family, Sample } from './metric-families.ts';
import { sampleKey } from './metric-families.ts';

export interface Snapshot {
  readonly atMs: number;
  readonly families: readonly Family[];
}

/** Snapshots in the order of time; of families that the last one has. */
export function openMetricsText(snapshots: readonly Snapshot[]): string {
  const lines: string[] = [];
  for (const { row } of snapshots.at(-1)?.families ?? []) {
    // the format names a counter's family without the suffix of its samples
    const family = row.type === 'counter' ? row.name.replace(/_total$/, '') : row.name;
    lines.push(`# HELP ${family} ${escaped(row.help)}`, `# TYPE ${family} ${row.type}`);
    // by series, and within each by time
    const series = new Map<string, { sample: Sample; atMs: number }[]>();
    for (const { atMs, families } of snapshots) {
      for (const sample of families.find((one) => one.row.name === row.name)?.samples ?? []) {
        const key = sampleKey(sample);
        const found = series.get(key);
        if (found === undefined) series.set(key, [{ sample, atMs }]);
        else found.push({ sample, atMs });
      }
    }
    for (const points of series.values()) {
      for (const { sample, atMs } of points)
        lines.push(`${seriesText(sample)} ${numberText(sample.value)} ${atMs / 1000}`);
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** The last value of each series of such a text. */
export function lastValues(text: string): Before {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+) \S+$/.exec(line);
    if (match === null) continue;
    const [, name, labelText = '', value] = match;
    const labels: Record<string, string> = {};
    for (const [, label, quoted] of labelText.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)) {
      labels[label!] = JSON.parse(quoted!) as string;
    }
    values.set(sampleKey({ name: name!, labels }), Number(value));
  }
  return values;
}

function seriesText({ name, labels }: Sample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

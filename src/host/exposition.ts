// The one door to prom-client: families of samples -> the text that Prometheus reads, with the process's own metrics beside
// them. Knows nothing of where the values come from.

import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';

export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Label -> its values; a text describes those of a set that is bounded, but not known beforehand. */
  readonly labels: Readonly<Record<string, readonly string[] | string>>;
  /** Upper bounds in seconds. */
  readonly buckets?: readonly number[];
}

export interface Sample {
  /** The family's name, with what a histogram or counter adds. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly row: MetricRow;
  readonly samples: readonly Sample[];
}

// Gauges with the name of counters: promtool check metrics refuses them, and others tell the same.
const misnamed = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

export class Exposition {
  readonly #registry = new Registry();
  readonly #rows: readonly MetricRow[];
  readonly #families: () => readonly Family[];

  /** `processMetrics`: those of the process and of Node.js too. They watch the event loop for as long as the process lives. */
  constructor(rows: readonly MetricRow[], families: () => readonly Family[], processMetrics: boolean) {
    this.#rows = rows;
    this.#families = families;
    if (!processMetrics) return;
    collectDefaultMetrics({ register: this.#registry });
    for (const name of misnamed) this.#registry.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    // read once, so that all values are of the same moment
    const families = new Map(this.#families().map((family) => [family.row, family]));
    for (const row of this.#rows) {
      const family = families.get(row);
      this.#registry.removeSingleMetric(row.name);
      if (family !== undefined) this.#registry.registerMetric(asMetric(family));
    }
    return await this.#registry.metrics();
  }
}

/** All that a registry asks of a metric is to be read. */
function asMetric({ row, samples }: Family): Metric {
  const { name, help, type } = row;
  const values = samples.map((sample) => ({ metricName: sample.name, labels: sample.labels, value: sample.value }));
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: async () => ({ name, help, type, aggregator: 'sum', values }),
  };
  return metric as unknown as Metric;
}

// METRICS.md from the table of metrics: `npm run generate` writes it, and a test fails where it differs.

import { metricTable } from '../../coordinator/watch/model/metric-table.ts';
import type { MetricRow } from '../../src/host/exposition.ts';
import { nodeMetricTable } from '../../src/host/node-metrics.ts';

export function metricsPage(): string {
  return [
    '# Metrics',
    '',
    'Made from coordinator/watch/model/metric-table.ts by `npm run generate`. Times are in seconds, sizes in bytes, ratios from 0 to 1.',
    'Label sets are closed: no label holds an epoch, a step, an address or an error text.',
    '',
    '## The coordinator',
    '',
    "`lockstep train --metrics-port 9464` serves these at `/metrics`, and beside them prom-client's `process_*` and `nodejs_*`",
    '(without `nodejs_active_handles_total`, `nodejs_active_requests_total` and `nodejs_active_resources_total`: gauges with the',
    'name of counters, which `promtool check metrics` refuses).',
    '',
    ...Object.values(metricTable).flatMap(section),
    '## A node',
    '',
    '`lockstep worker --metrics-port PORT` serves these, and the same of its process. The coordinator lists such nodes at `/sd`.',
    '',
    ...Object.values(nodeMetricTable).flatMap(section),
  ].join('\n');
}

function section({ name, type, help, labels, buckets }: MetricRow): string[] {
  const rows = Object.entries(labels).map(([label, values]) => {
    const shown = typeof values === 'string' ? values : values.map((value) => `\`${value}\``).join(', ');
    return `- \`${label}\`: ${shown}`;
  });
  return [
    `### ${name}`,
    '',
    `${type[0]!.toUpperCase()}${type.slice(1)}. ${help}`,
    '',
    ...(rows.length > 0 ? [...rows, ''] : []),
    ...(buckets ? [`Buckets: ${buckets.join(', ')}.`, ''] : []),
  ];
}

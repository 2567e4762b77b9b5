// The dashboards, written with Grafana's own builders. dashboards/*.json are made from them: `npm run generate`, and a test
// fails where they differ. What a panel asks, and its house rules, are tested in test/deploy/.

import { BigValueTextMode, StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

interface PanelOf {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  /** PromQL, and the legend of its series. */
  readonly queries: readonly (readonly [expression: string, legend: string])[];
  /** Columns of 24; default 8 for a graph, 4 for a single value. */
  readonly width?: number;
  readonly stacked?: boolean;
  readonly decimals?: number;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation
const datasource = { type: 'prometheus', uid: '${datasource}' };
const of = 'instance=~"$instance"';
const rate = (metric: string, labels = '') => `rate(${metric}{${of}${labels}}[$__rate_interval])`;
/** A run that has ended is scraped no more, and its last values are what one wants to see. */
const last = (metric: string, labels = '') => `last_over_time(${metric}{${of}${labels}}[$__range])`;

function queriesOf({ queries }: PanelOf): DataqueryBuilder[] {
  return queries.map(([expression, legend], i) =>
    new DataqueryBuilder()
      .expr(expression)
      .legendFormat(legend)
      .refId(String.fromCharCode(65 + i))
      .datasource(datasource),
  );
}

function graph(panel: PanelOf): TimeseriesBuilder {
  const builder = new TimeseriesBuilder()
    .title(panel.title)
    .description(panel.description)
    .unit(panel.unit)
    .datasource(datasource)
    .min(0)
    .fillOpacity(panel.stacked ? 30 : 5)
    .span(panel.width ?? 8)
    .height(8)
    .targets(queriesOf(panel));
  if (panel.stacked) builder.stacking(new StackingConfigBuilder().group('A').mode(StackingMode.Normal));
  return builder;
}

function single(panel: PanelOf): StatBuilder {
  const builder = new StatBuilder()
    .title(panel.title)
    .description(panel.description)
    .unit(panel.unit)
    .datasource(datasource)
    .span(panel.width ?? 4)
    .height(4)
    .targets(queriesOf(panel));
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  return builder;
}

function dashboard(title: string, uid: string, description: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['lockstep'])
    .editable()
    .refresh('5s')
    .time({ from: 'now-30m', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('instance')
        .label('Coordinator')
        .query('label_values(lockstep_build_info, instance)')
        .datasource(datasource)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .includeAll(true)
        .multi(true)
        .current({ selected: true, text: ['All'], value: ['$__all'] }),
    );
}

export function overview(): Dashboard {
  return dashboard('Lockstep: training', 'lockstep-training', 'How a training run goes: progress, loss, speed.')
    .withRow(new RowBuilder('Now'))
    .withPanel(
      single({
        title: 'State',
        description: 'What the run does; after its end, how it ended.',
        unit: 'none',
        queries: [[`${last('lockstep_run_state')} == 1`, '{{state}}']],
      }).textMode(BigValueTextMode.Name),
    )
    .withPanel(
      single({
        title: 'Epoch',
        description: 'The epoch that is trained, and how many there are to be.',
        unit: 'none',
        queries: [
          [last('lockstep_epoch'), 'epoch'],
          [last('lockstep_epochs_planned'), 'of'],
        ],
      }),
    )
    .withPanel(
      single({
        title: 'Done',
        description: 'Share of the planned steps that are committed.',
        unit: 'percentunit',
        queries: [
          // 0 of 0 before the first step is nothing to show
          [`${last('lockstep_steps_total')} / ${last('lockstep_steps_planned')}`, 'done'],
        ],
      }),
    )
    .withPanel(
      single({
        title: 'Validation loss',
        description: 'Mean cross-entropy of the validation split, after the last whole epoch.',
        unit: 'none',
        decimals: 4,
        queries: [[last('lockstep_epoch_loss', ', split="validation"'), 'loss']],
      }),
    )
    .withPanel(
      single({
        title: 'Validation accuracy',
        description: 'Share of correct predictions of the validation split, after the last whole epoch.',
        unit: 'percentunit',
        decimals: 2,
        queries: [[last('lockstep_epoch_accuracy_ratio', ', split="validation"'), 'accuracy']],
      }),
    )
    .withPanel(
      single({
        title: 'Learning rate',
        description: "Adam's learning rate.",
        unit: 'none',
        queries: [[last('lockstep_learning_rate'), 'rate']],
      }),
    )
    .withRow(new RowBuilder('Learning'))
    .withPanel(
      graph({
        title: 'Loss',
        description: 'Mean cross-entropy a sample (nats), epoch by epoch; the test split at the end.',
        unit: 'none',
        width: 12,
        queries: [[last('lockstep_epoch_loss'), '{{split}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Accuracy',
        description: 'Share of correct predictions, epoch by epoch; the test split at the end.',
        unit: 'percentunit',
        width: 12,
        queries: [[last('lockstep_epoch_accuracy_ratio'), '{{split}}']],
      }),
    )
    .withRow(new RowBuilder('Speed'))
    .withPanel(
      graph({
        title: 'Throughput',
        description: 'Training samples a second, evaluation and pauses included in the time.',
        unit: 'short',
        queries: [[rate('lockstep_samples_total'), 'samples/s']],
      }),
    )
    .withPanel(
      graph({
        title: 'Step time',
        description:
          'Time from one commit to the next: half of the steps are quicker than p50, one of a hundred slower than p99.',
        unit: 's',
        queries: [0.5, 0.99].map(
          (quantile) =>
            [
              `histogram_quantile(${quantile}, sum by (instance, le) (${rate('lockstep_step_duration_seconds_bucket')}))`,
              `p${quantile * 100}`,
            ] as const,
        ),
      }),
    )
    .withPanel(
      graph({
        title: 'Where the time goes',
        description:
          'Seconds of a second that each phase takes. What is missing to 1 is waiting and the time between epochs.',
        unit: 'percentunit',
        stacked: true,
        queries: [[rate('lockstep_phase_duration_seconds_sum'), '{{phase}}']],
      }),
    )
    .withRow(new RowBuilder('Health'))
    .withPanel(
      graph({
        title: 'Since the last commit',
        description: 'Time since the last step was committed: a line that climbs is a run that stands still.',
        unit: 's',
        queries: [
          [`time() - (lockstep_last_step_timestamp_seconds{${of}} > 0)`, 'step'],
          [`time() - (lockstep_last_checkpoint_timestamp_seconds{${of}} > 0)`, 'checkpoint'],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Workers lost, shards done again',
        description:
          'What failures cost. Neither shows in the result. Shards that are not finite end the run if two workers agree.',
        unit: 'short',
        queries: [
          [`sum by (instance) (${last('lockstep_worker_evictions_total')})`, 'workers lost'],
          [last('lockstep_shards_reassigned_total'), 'shards given again'],
          [last('lockstep_nonfinite_shards_total'), 'shards not finite'],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Coordinator',
        description: "The coordinator's process: cores in use, and how late its event loop is (p99).",
        unit: 'none',
        queries: [
          [`rate(process_cpu_seconds_total{${of}}[$__rate_interval])`, 'cores'],
          [`nodejs_eventloop_lag_p99_seconds{${of}}`, 'event loop lag (s)'],
        ],
      }),
    )
    .build();
}

export function workers(): Dashboard {
  return dashboard('Lockstep: workers', 'lockstep-workers', 'Who computes: threads and nodes, one by one.')
    .withRow(new RowBuilder('All of them'))
    .withPanel(
      graph({
        title: 'Workers',
        description: 'Threads of the coordinator one by one and nodes as a whole, by what they do.',
        unit: 'short',
        stacked: true,
        queries: [[`${last('lockstep_workers')} > 0`, '{{transport}} {{state}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Computing threads',
        description: 'Threads of all workers that may be given work.',
        unit: 'short',
        stacked: true,
        queries: [[last('lockstep_compute_threads'), '{{transport}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Workers lost',
        description: 'Workers that went without a goodbye, by reason, since the run began.',
        unit: 'short',
        queries: [[last('lockstep_worker_evictions_total'), '{{reason}}']],
      }),
    )
    .withRow(new RowBuilder('Audits'))
    .withPanel(
      graph({
        title: 'Answers computed again',
        description:
          "Nodes' answers that the coordinator computed again (--audit), by what came out, since the run began.",
        unit: 'short',
        width: 12,
        queries: [[last('lockstep_audits_total'), '{{outcome}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'What audits cost',
        description: 'Cores that the coordinator has busy with audits. Near 1 they hold up the steps.',
        unit: 'none',
        width: 12,
        queries: [[rate('lockstep_audit_seconds_total'), 'cores']],
      }),
    )
    .withRow(new RowBuilder('Wide vectors'))
    .withPanel(
      graph({
        title: 'Workers by their vectors',
        description: 'How many workers have wide vectors (--wide), and how many have not. No bit depends on it.',
        unit: 'short',
        width: 12,
        stacked: true,
        queries: [[`sum by (instance, wide) (${last('lockstep_worker_info')})`, 'wide: {{wide}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Compared with narrow code',
        description: 'Tasks a second that narrow code does again, by the coordinator and by nodes that show metrics.',
        unit: 'short',
        width: 12,
        queries: [
          [rate('lockstep_wide_checks_total'), 'coordinator'],
          ['rate(lockstep_node_wide_checks_total[$__rate_interval])', '{{node}}'],
        ],
      }),
    )
    .withRow(new RowBuilder('One by one'))
    .withPanel(
      graph({
        title: 'Shards a second',
        description: 'How many shards each worker computes. Ranks are taken again by others when a worker has gone.',
        unit: 'short',
        queries: [[rate('lockstep_worker_shards_total'), 'worker {{worker}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Busy',
        description: 'Share of the time that each worker computes gradients, by its own clock.',
        unit: 'percentunit',
        queries: [[rate('lockstep_worker_compute_seconds_total'), 'worker {{worker}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Resting',
        description:
          'Share of the time that each thread of the coordinator rests, since something else takes its core again and again.',
        unit: 'percentunit',
        queries: [[rate('lockstep_worker_rest_seconds_total'), 'worker {{worker}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Time of a shard',
        description: 'Seconds of computing a shard takes each worker: the slow one is the straggler.',
        unit: 's',
        queries: [
          [
            `${rate('lockstep_worker_compute_seconds_total')} / (${rate('lockstep_worker_shards_total')} > 0)`,
            'worker {{worker}}',
          ],
        ],
      }),
    )
    .withRow(new RowBuilder('Between them'))
    .withPanel(
      graph({
        title: 'Waiting for stragglers',
        description: 'How many workers stand idle within a step, on average, while others compute.',
        unit: 'short',
        queries: [[rate('lockstep_straggler_wait_seconds_total'), 'idle workers']],
      }),
    )
    .withPanel(
      graph({
        title: 'Network',
        description: 'Bytes of messages to and from nodes.',
        unit: 'Bps',
        queries: [[rate('lockstep_network_bytes_total'), '{{direction}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Vectors by form',
        description:
          'Bytes of parameters sent to each node and of tree nodes received from it: as they are, or in a shorter form. Parameters are packed where the link is slow.',
        unit: 'Bps',
        queries: [[rate('lockstep_worker_vector_bytes_total'), 'worker {{worker}}: {{vector}}, {{form}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Speed of links',
        description:
          'Bytes of vectors in a second of the time that an attempt takes beyond computing, in the fastest of the last 64: by it the form of the parameters is chosen.',
        unit: 'Bps',
        queries: [[last('lockstep_worker_link_bytes_per_second'), 'worker {{worker}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Silence',
        description: 'Time since each node was last heard: at the heartbeat timeout it is evicted.',
        unit: 's',
        queries: [[last('lockstep_worker_silence_seconds'), 'worker {{worker}}']],
      }),
    )
    .withRow(new RowBuilder('Nodes, as they see it themselves'))
    .withPanel(
      graph({
        title: 'Samples a second',
        description: 'What each node has computed and sent, by its own count (lockstep worker --metrics-port).',
        unit: 'short',
        queries: [
          ['rate(lockstep_node_samples_total[$__rate_interval])', '{{node}}: samples/s'],
          ['rate(lockstep_node_shards_total[$__rate_interval])', '{{node}}: shards/s'],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Connections',
        description: 'How often each node became a member of a run: more than once is a connection that broke.',
        unit: 'short',
        queries: [
          ['last_over_time(lockstep_node_connections_total[$__range])', '{{node}}: times joined'],
          ['last_over_time(lockstep_node_connected[$__range])', '{{node}}: is a member'],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Threads and cores',
        description:
          'Computing threads of each node, whether with wide vectors (1), and the cores that its process uses.',
        unit: 'short',
        queries: [
          ['last_over_time(lockstep_node_threads[$__range])', '{{node}}: threads'],
          ['last_over_time(lockstep_node_wide_vectors[$__range])', '{{node}}: wide vectors'],
          ['rate(process_cpu_seconds_total{node!=""}[$__rate_interval])', '{{node}}: cores'],
        ],
      }),
    )
    .build();
}

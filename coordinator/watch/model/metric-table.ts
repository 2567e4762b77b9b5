// Every metric of a run, one row each: what /metrics shows, deploy/prometheus/METRICS.md and the dashboards' tests are
// derived from here. Knows no values and no library.

import type { MetricRow } from '../../../src/host/exposition.ts';
import { evictionReasons } from '../../../src/run/cluster-event.ts';
import { phases, transports, workerStates } from '../../executors/worker-status.ts';

export const runStates = [
  'starting',
  'waiting',
  'training',
  'evaluating',
  'paused',
  'done',
  'stopped',
  'failed',
] as const;
export type RunState = (typeof runStates)[number];

const once = 'one for the life of a process';
const split = { split: ['train', 'validation', 'test'] } as const;
const worker = {
  worker: 'rank of the worker: 0, 1, 2 and so on; a place that is taken again when its worker has gone',
} as const;

export const metricTable = {
  buildInfo: {
    name: 'lockstep_build_info',
    type: 'gauge',
    help: 'Always 1; its labels tell the version of the program and of Node.js.',
    labels: { version: once, node: once },
  },
  runInfo: {
    name: 'lockstep_run_info',
    type: 'gauge',
    help:
      'Always 1; its labels tell what is trained: run, engine, whether the coordinator has wide vectors (true or ' +
      'false), seed, and sizes of model, batch and tree.',
    labels: { run: once, engine: once, wide: once, seed: once, parameters: once, batch_size: once, shards: once },
  },
  runState: {
    name: 'lockstep_run_state',
    type: 'gauge',
    help: '1 for the state that the run is in, 0 for the others.',
    labels: { state: runStates },
  },
  epoch: {
    name: 'lockstep_epoch',
    type: 'gauge',
    help: 'The epoch that is being trained, counted from 1; 0 before the first.',
    labels: {},
  },
  epochsPlanned: {
    name: 'lockstep_epochs_planned',
    type: 'gauge',
    help: 'Epochs that the run is to have.',
    labels: {},
  },
  stepsPerEpoch: {
    name: 'lockstep_steps_per_epoch',
    type: 'gauge',
    help: 'Steps of a whole epoch; earlier ones may have had others, after an allowed change.',
    labels: {},
  },
  stepsPlanned: {
    name: 'lockstep_steps_planned',
    type: 'gauge',
    help: 'Step at which the run is to end; 0 before the first.',
    labels: {},
  },
  steps: {
    name: 'lockstep_steps_total',
    type: 'counter',
    help: 'Committed steps, since the start of the run; goes on after a resume.',
    labels: {},
  },
  samples: {
    name: 'lockstep_samples_total',
    type: 'counter',
    help: 'Training samples of committed steps. Its rate is the throughput.',
    labels: {},
  },
  stepDuration: {
    name: 'lockstep_step_duration_seconds',
    type: 'histogram',
    help: 'Time from one commit to the next within an epoch.',
    labels: {},
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  phaseDuration: {
    name: 'lockstep_phase_duration_seconds',
    type: 'histogram',
    help:
      "Time of a phase. compute: gradients, up to the last worker's. reduce (with nodes): tree nodes on their way back " +
      'and taken in. optimize: adding along the tree and Adam, which are one pass. broadcast (with nodes): handing out ' +
      'parameters and shards. evaluate: a split. checkpoint: from the copy to the last flush.',
    labels: { phase: phases },
    buckets: [
      0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ],
  },
  epochLoss: {
    name: 'lockstep_epoch_loss',
    type: 'gauge',
    help: 'Mean cross-entropy a sample (nats) of the last epoch that ended, as in history.json; of the test at the end.',
    labels: split,
  },
  epochAccuracy: {
    name: 'lockstep_epoch_accuracy_ratio',
    type: 'gauge',
    help: 'Share of correct predictions (0 to 1) of the last epoch that ended, as in history.json; of the test at the end.',
    labels: split,
  },
  learningRate: {
    name: 'lockstep_learning_rate',
    type: 'gauge',
    help: "Adam's learning rate, of the last step.",
    labels: {},
  },
  workers: {
    name: 'lockstep_workers',
    type: 'gauge',
    help: 'Workers, by how they are reached and by what they do: threads of the coordinator one by one, nodes as a whole.',
    labels: { transport: transports, state: workerStates },
  },
  computeThreads: {
    name: 'lockstep_compute_threads',
    type: 'gauge',
    help: 'Computing threads of all workers that may be given work.',
    labels: { transport: transports },
  },
  evictions: {
    name: 'lockstep_worker_evictions_total',
    type: 'counter',
    help: 'Workers that went without a goodbye, by reason. Their shards were computed again by others.',
    labels: { reason: evictionReasons },
  },
  reassigned: {
    name: 'lockstep_shards_reassigned_total',
    type: 'counter',
    help: 'Shards that were given out again: their worker was lost, late, or not finite.',
    labels: {},
  },
  workerInfo: {
    name: 'lockstep_worker_info',
    type: 'gauge',
    help: 'Always 1; its labels tell how a worker is reached, and whether its engine has wide vectors (--wide).',
    labels: { ...worker, transport: transports, wide: ['true', 'false'] },
  },
  workerCompute: {
    name: 'lockstep_worker_compute_seconds_total',
    type: 'counter',
    help: 'Time that a worker computed gradients, by its own clock; of a node, as a whole.',
    labels: worker,
  },
  workerRest: {
    name: 'lockstep_worker_rest_seconds_total',
    type: 'counter',
    help:
      'Time that a thread of the coordinator rested and left its tasks to the others, since something else took its core ' +
      'again and again; 0 for all others.',
    labels: worker,
  },
  workerShards: {
    name: 'lockstep_worker_shards_total',
    type: 'counter',
    help: 'Shards that a worker has computed.',
    labels: worker,
  },
  workerSilence: {
    name: 'lockstep_worker_silence_seconds',
    type: 'gauge',
    help: 'Time since a node was last heard.',
    labels: worker,
  },
  network: {
    name: 'lockstep_network_bytes_total',
    type: 'counter',
    help: 'Bytes of messages to and from nodes, without what WebSocket, TLS and TCP add.',
    labels: { direction: ['sent', 'received'] },
  },
  workerVectors: {
    name: 'lockstep_worker_vector_bytes_total',
    type: 'counter',
    help:
      'Bytes of parameters that a node was sent, and of tree nodes that came from it, as they are (plain) or in a shorter form ' +
      '(packed). Parameters are packed where the link is slower than packing.',
    labels: { ...worker, vector: ['parameters', 'tree_node'], form: ['plain', 'packed'] },
  },
  workerLink: {
    name: 'lockstep_worker_link_bytes_per_second',
    type: 'gauge',
    help:
      'Bytes of parameters and tree nodes in a second of the time that an attempt of a node takes beyond computing, in the fastest ' +
      'of its last 64: by it the form of its parameters is chosen.',
    labels: worker,
  },
  nonFinite: {
    name: 'lockstep_nonfinite_shards_total',
    type: 'counter',
    help: "Shards whose tree node was not finite. If another worker's is not either, the run fails.",
    labels: {},
  },
  audits: {
    name: 'lockstep_audits_total',
    type: 'counter',
    help: "Answers of nodes that were computed again (--audit), and whether they were the coordinator's own. A false one evicts its node.",
    labels: { outcome: ['same', 'false'] },
  },
  auditSeconds: {
    name: 'lockstep_audit_seconds_total',
    type: 'counter',
    help: "Time that the coordinator computed nodes' answers again.",
    labels: {},
  },
  wideChecks: {
    name: 'lockstep_wide_checks_total',
    type: 'counter',
    help:
      "Tasks of the coordinator's process that narrow code did again beside wide vectors, to the same bits. The first " +
      'other bit ends the run.',
    labels: {},
  },
  lastCheckpoint: {
    name: 'lockstep_last_checkpoint_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time of the last whole checkpoint; 0 before the first.',
    labels: {},
  },
  lastStep: {
    name: 'lockstep_last_step_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time of the last commit; 0 before the first.',
    labels: {},
  },
  stragglerWait: {
    name: 'lockstep_straggler_wait_seconds_total',
    type: 'counter',
    help: 'Worker-seconds of workers that stood idle within a step while others computed.',
    labels: {},
  },
  clockShift: {
    name: 'lockstep_metrics_clock_shift_seconds',
    type: 'gauge',
    help: "How far the times in metrics.om are ahead of the machine's clock, which was set back; 0 as a rule.",
    labels: {},
  },
} as const satisfies Record<string, MetricRow>;

export type MetricKey = keyof typeof metricTable;
export const metricKeys = Object.keys(metricTable) as readonly MetricKey[];

// A watched run -> the values of its metrics: the only place that says where each comes from. Closed label sets are shown
// whole, with zeros, since a rate misses the first increase of a series that was not there before. Pure.

import { evictionReasons } from '../../../src/run/cluster-event.ts';
import { phases, transports, workerStates } from '../../executors/worker-status.ts';
import type { DurationHistogram } from '../model/histogram.ts';
import { type MetricKey, type metricTable, runStates } from '../model/metric-table.ts';
import type { WatchedRun } from '../model/watched-run.ts';

export interface MetricValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface HistogramValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly histogram: DurationHistogram;
}

type HistogramKey = { [K in MetricKey]: (typeof metricTable)[K]['type'] extends 'histogram' ? K : never }[MetricKey];
export type PlainKey = Exclude<MetricKey, HistogramKey>;

export function histogramsOf(run: WatchedRun): Record<HistogramKey, readonly HistogramValue[]> {
  return {
    stepDuration: [{ labels: {}, histogram: run.stepDurations }],
    phaseDuration: phases.map((phase) => ({ labels: { phase }, histogram: run.phaseDurations[phase] })),
  };
}

export function valuesOf(run: WatchedRun): Record<PlainKey, readonly MetricValue[]> {
  const { facts, lastMeans } = run;
  const { workers, counts } = run.status;
  const { state } = run.state;
  const splits = (['train', 'validation', 'test'] as const).flatMap((split) => {
    const of = lastMeans[split];
    return of === null ? [] : [{ labels: { split }, of }];
  });
  return {
    buildInfo: [{ labels: { version: facts.version, node: facts.nodeVersion }, value: 1 }],
    runInfo: [
      {
        labels: {
          run: facts.name,
          engine: facts.engine,
          wide: String(facts.wide),
          seed: String(facts.seed),
          parameters: String(run.parameters),
          batch_size: String(facts.batchSize),
          shards: String(facts.shards),
        },
        value: 1,
      },
    ],
    runState: runStates.map((one) => ({ labels: { state: one }, value: one === state ? 1 : 0 })),
    epoch: one(run.epoch),
    epochsPlanned: one(facts.epochs),
    stepsPerEpoch: one(run.stepsPerEpoch),
    stepsPlanned: one(run.endStep),
    steps: one(run.steps),
    samples: one(run.samples),
    epochLoss: splits.map(({ labels, of }) => ({ labels, value: of.loss })),
    epochAccuracy: splits.map(({ labels, of }) => ({ labels, value: of.accuracy })),
    learningRate: one(run.learningRate),
    workers: transports.flatMap((transport) =>
      workerStates.map((state) => ({
        labels: { transport, state },
        value: workers.filter((worker) => worker.transport === transport && worker.state === state).length,
      })),
    ),
    computeThreads: transports.map((transport) => ({
      labels: { transport },
      value: workers
        .filter((worker) => worker.transport === transport && ['idle', 'computing'].includes(worker.state))
        .reduce((sum, { threads }) => sum + threads, 0),
    })),
    evictions: evictionReasons.map((reason) => ({ labels: { reason }, value: counts.evictions[reason] ?? 0 })),
    reassigned: one(counts.reassignedShards),
    workerInfo: workers.map(({ rank, transport, wide }) => ({
      labels: { ...ranked(rank), transport, wide: String(wide) },
      value: 1,
    })),
    workerCompute: workers.map(({ rank, computeMs }) => ({ labels: ranked(rank), value: computeMs / 1000 })),
    workerRest: workers.map(({ rank, restMs }) => ({ labels: ranked(rank), value: restMs / 1000 })),
    workerShards: workers.map(({ rank, shards }) => ({ labels: ranked(rank), value: shards })),
    workerSilence: workers.flatMap(({ rank, silentMs }) =>
      silentMs === null ? [] : [{ labels: ranked(rank), value: silentMs / 1000 }],
    ),
    network: [
      { labels: { direction: 'sent' }, value: counts.sentBytes },
      { labels: { direction: 'received' }, value: counts.receivedBytes },
    ],
    workerVectors: workers
      .filter(({ transport }) => transport === 'websocket')
      .flatMap(({ rank, vectorBytes: { parametersPlain, parametersPacked, treeNodesPlain, treeNodesPacked } }) => [
        { labels: { ...ranked(rank), vector: 'parameters', form: 'plain' }, value: parametersPlain },
        { labels: { ...ranked(rank), vector: 'parameters', form: 'packed' }, value: parametersPacked },
        { labels: { ...ranked(rank), vector: 'tree_node', form: 'plain' }, value: treeNodesPlain },
        { labels: { ...ranked(rank), vector: 'tree_node', form: 'packed' }, value: treeNodesPacked },
      ]),
    workerLink: workers.flatMap(({ rank, linkBytesPerSecond }) =>
      linkBytesPerSecond === null ? [] : [{ labels: ranked(rank), value: linkBytesPerSecond }],
    ),
    nonFinite: one(counts.nonFiniteShards),
    audits: [
      { labels: { outcome: 'same' }, value: counts.audited - counts.falseAnswers },
      { labels: { outcome: 'false' }, value: counts.falseAnswers },
    ],
    auditSeconds: one(counts.auditMs / 1000),
    wideChecks: one(counts.wideChecks),
    lastCheckpoint: one(run.lastCheckpointMs / 1000),
    lastStep: one(run.lastStepMs / 1000),
    stragglerWait: one(counts.waitMs / 1000),
    clockShift: one(run.clockShiftMs / 1000),
  };
}

function one(value: number): readonly MetricValue[] {
  return [{ labels: {}, value }];
}

function ranked(rank: number): Readonly<Record<string, string>> {
  return { worker: String(rank) };
}

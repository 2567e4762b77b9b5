// Two results of `lockstep bench`: figure by figure what the later one is of the earlier, and what else differs. Pure.

import type { BenchResult, Spread } from './bench-result.ts';

/** A figure of a result, by a name that is the same in each. */
interface Figure {
  readonly name: string;
  readonly unit: 'µs' | 'ms' | 'samples/s';
  readonly value: Spread;
}

interface Compared {
  readonly name: string;
  readonly unit: Figure['unit'];
  readonly before: number;
  readonly now: number;
  readonly ratio: number;
  /** Whether the rounds of both overlap: then it may be chance. */
  readonly withinSpread: boolean;
  readonly verdict: 'faster' | 'slower' | 'no difference that shows';
}

export interface Comparison {
  readonly figures: readonly Compared[];
  /** Figures that only one of them has. */
  readonly onlyBefore: readonly string[];
  readonly onlyNow: readonly string[];
  /** What is another: "node: 20.20.2 before, 22.1.0 now". */
  readonly differs: readonly string[];
}

function figuresOf({ kernels, threads, cluster, engines }: BenchResult): Figure[] {
  const { stages, blocks, commits } = kernels;
  return [
    ...stages.map(({ name, microsecondsASample: value }) => ({ name, unit: 'µs' as const, value })),
    ...blocks.map(({ batchSize, shards, milliseconds: value }) => {
      return { name: `tree node of ${shards} shards, batch ${batchSize}`, unit: 'ms' as const, value };
    }),
    ...commits.map(({ treeNodes, milliseconds: value }) => {
      return { name: `reduce and Adam, ${treeNodes} tree nodes`, unit: 'ms' as const, value };
    }),
    ...threads.map(({ threads, batchSize, samplesPerSecond: value }) => {
      return { name: `${threads} threads, batch ${batchSize}`, unit: 'samples/s' as const, value };
    }),
    ...[...cluster.asked, cluster.other].map(({ nodes, hidden, batchSize, stepMs: value }) => {
      const name = `step of ${nodes} nodes, hidden ${hidden.join(',')}, batch ${batchSize}`;
      return { name, unit: 'ms' as const, value };
    }),
    ...engines.flatMap(({ name, samplesPerSecond: value }) => {
      return value === null ? [] : [{ name: `engine ${name}`, unit: 'samples/s' as const, value }];
    }),
  ];
}

export function compare(before: BenchResult, now: BenchResult): Comparison {
  const [earlier, later] = [figuresOf(before), figuresOf(now)];
  const figures = later.flatMap(({ name, unit, value }) => {
    const other = earlier.find((figure) => figure.name === name);
    return other === undefined ? [] : [comparedOf(name, unit, other.value, value)];
  });
  const missing = (from: readonly Figure[], others: readonly Figure[]) =>
    from.map(({ name }) => name).filter((name) => others.every((other) => other.name !== name));
  return {
    figures,
    onlyBefore: missing(earlier, later),
    onlyNow: missing(later, earlier),
    differs: differs(before, now),
  };
}

function comparedOf(name: string, unit: Figure['unit'], before: Spread, now: Spread): Compared {
  const withinSpread = now.lowest <= before.highest && before.lowest <= now.highest;
  const grew = now.median > before.median;
  const verdict = withinSpread ? 'no difference that shows' : grew === (unit === 'samples/s') ? 'faster' : 'slower';
  const ratio = before.median === 0 ? Number.NaN : now.median / before.median;
  return { name, unit, before: before.median, now: now.median, ratio, withinSpread, verdict };
}

function differs(before: BenchResult, now: BenchResult): string[] {
  const facts = ({ program, machine, options }: BenchResult) => ({ program, ...machine, ...options });
  const [earlier, later] = [facts(before), facts(now)];
  return (Object.keys(later) as (keyof typeof later)[]).flatMap((name) => {
    const [was, is] = [shown(earlier[name]), shown(later[name])];
    return was === is ? [] : [`${name}: ${was} before, ${is} now`];
  });
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : value === null ? 'generated' : String(value);
}

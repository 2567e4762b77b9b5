// `lockstep bench`: how fast is this machine, by parts, and what of it is another than it was?

import type { Command, CommandContext } from '../../src/command.ts';
import { ExitCode } from '../../src/errors.ts';
import { collectForSockets } from '../../src/host/process/collect-for-sockets.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { readingOf } from '../../src/options/reading.ts';
import { filePath, integer, onOff, orNull, positive } from '../../src/options/value-kinds.ts';
import type { BenchOptions } from '../bench/run-bench.ts';
import type { BenchResult } from '../speed/bench-result.ts';
import { compare } from '../speed/compare.ts';
import { benchText, comparisonText } from './bench-text.ts';
import {
  dataFlag,
  jsonFlag,
  type SourceOptions,
  sourceFlags,
  verboseFlag,
  type WorkOptions,
  wideFlag,
  workFlags,
} from './common-flags.ts';
import { readEarlierResult } from './earlier-result.ts';
import { jsonLine } from './result-text.ts';
import { startWorker } from './worker-process.ts';

interface Options extends SourceOptions, WorkOptions {
  readonly threads: number | null;
  readonly wide: boolean;
  readonly data: string | null;
  readonly seconds: number | null;
  readonly quick: boolean;
  readonly compare: string | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

const SECONDS = 30;
export const QUICK_SECONDS = 8;

export const bench: Command<Options> = {
  name: 'bench',
  summary: 'Measure this machine: kernels, threads, nodes on loopback, engines.',
  operands: '',
  flags: {
    ...workFlags,
    threads: {
      flag: '--threads <n>',
      kind: orNull(integer(1, 64)),
      default: null,
      defaultText: 'all cores',
      help: 'the most threads to measure: 1, 2, 4 and so on up to it',
    },
    wide: wideFlag,
    data: dataFlag("generated images as sparse as MNIST's"),
    ...sourceFlags,
    seconds: {
      flag: '--seconds <n>',
      kind: orNull(positive(3600)),
      default: null,
      defaultText: `${SECONDS}; with --quick ${QUICK_SECONDS}`,
      help: 'about how long it may take; three rounds are measured in any case, unless they take twice that',
    },
    quick: {
      flag: '--quick',
      kind: onOff,
      default: false,
      help: 'short measurements and fewer rounds, and no other engine than --engine',
    },
    compare: {
      flag: '--compare <file>',
      kind: orNull(filePath),
      default: null,
      defaultText: 'none',
      help: 'an earlier result (--json): ratios to it, and what else differs',
    },
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep bench
  $ lockstep bench --json > bench.json            for lockstep plan --bench, and to compare with later
  $ lockstep bench --compare bench.json
  $ lockstep bench --quick --hidden 1024,1024 --batch-size 512 --wide

Everything is measured once a round, in turn. Of the figures that --compare shows as faster or slower no round of the one result lies
among those of the other. A machine that others use gives others' figures: the load is printed.

Exit codes: 0 done, 2 bad usage, 129, 130 and 143 interrupted.`,
  // threads and processes
  ends: 'itself',
  run: async (_, options, { wiring, print, note, cli, cores, columns, signal = new AbortController().signal }) => {
    const earlier = options.compare === null ? null : await readEarlierResult(options.compare, '--compare');
    const asked = benchOptionsOf(options, cores);
    const result = await measureHere(asked, { wiring, note, cli, cores, signal });
    const compared = earlier === null ? null : compare(earlier, result);
    if (options.json) await print(jsonLine({ ...result, ...(compared === null ? {} : { comparison: compared }) }));
    else await print(`${benchText(result, columns)}${compared === null ? '' : comparisonText(compared, columns)}`);
    return ExitCode.done;
  },
};

/** @throws LockstepError where the options do not go with each other, as those of a run */
export function benchOptionsOf(
  {
    hidden,
    batchSize,
    shards,
    threads,
    engine,
    wide,
    data,
    seconds,
    quick,
    ...reading
  }: Omit<Options, 'compare' | 'json' | 'verbose'>,
  cores: number,
): BenchOptions {
  resolveOptions({ hidden, batchSize, shards, engine, wide }, null, 'flag');
  return {
    hidden,
    batchSize,
    shards,
    threads: threads ?? Math.min(cores, 64),
    engine,
    wide,
    data,
    reading: readingOf(reading),
    seconds: seconds ?? (quick ? QUICK_SECONDS : SECONDS),
    otherEngines: !quick,
  };
}

type Here = Pick<CommandContext, 'wiring' | 'note' | 'cli' | 'cores'> & { readonly signal: AbortSignal };

/** For `plan` as well. */
export async function measureHere(
  asked: BenchOptions,
  { wiring, note, cli, cores, signal }: Here,
): Promise<BenchResult> {
  collectForSockets();
  // not at the top: --help and bad flags need not wait for all that trains to load
  const { runBench } = await import('../bench/run-bench.ts');
  const startNode = (url: string) => startWorker(cli, url, asked.wide);
  return await runBench(asked, { wiring: await wiring(), cores, signal, note, startNode });
}

// `lockstep plan`: what would nodes on such a network bring, before anybody sets them up?

import type { Command } from '../../src/command.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { bandwidth, latency } from '../../src/options/quantity-kinds.ts';
import { filePath, integer, orNull } from '../../src/options/value-kinds.ts';
import { counted } from '../../src/text/counted.ts';
import type { BenchResult } from '../speed/bench-result.ts';
import { constantsOf } from '../speed/constants.ts';
import { type Asked, planOf } from '../speed/plan.ts';
import { benchOptionsOf, measureHere } from './bench.ts';
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
import { planText } from './plan-text.ts';
import { jsonLine } from './result-text.ts';

interface Options extends SourceOptions, WorkOptions {
  readonly nodes: number;
  readonly bandwidth: number;
  readonly latency: number;
  readonly threads: number;
  readonly wide: boolean;
  readonly data: string | null;
  readonly bench: string | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

export const plan: Command<Options> = {
  name: 'plan',
  summary: 'What nodes on such a network would bring, from the speed of this machine.',
  operands: '',
  flags: {
    nodes: { flag: '--nodes <n>', kind: integer(1, 1024), default: 2, help: 'nodes; the coordinator computes nothing' },
    bandwidth: {
      flag: '--bandwidth <rate>',
      kind: bandwidth,
      default: 1.25e8,
      defaultText: '1Gbit',
      help: 'of the link of the coordinator and of each node: 100Mbit, 1Gbit, 10Gbit, 125MB/s',
    },
    latency: {
      flag: '--latency <time>',
      kind: latency,
      default: 0.2,
      defaultText: '0.2ms',
      help: 'there and back, as ping shows it: 200us, 0.2ms',
    },
    threads: {
      flag: '--threads <n>',
      kind: integer(1, 64),
      default: 1,
      help: 'computing threads of each node, and of the machine that it is compared with',
    },
    ...workFlags,
    wide: wideFlag,
    data: dataFlag("generated images as sparse as MNIST's"),
    ...sourceFlags,
    bench: {
      flag: '--bench <file>',
      kind: orNull(filePath),
      default: null,
      defaultText: 'measured now, in some seconds',
      help: 'a result of lockstep bench --json, of the same network',
    },
    json: jsonFlag(),
    verbose: verboseFlag,
  },
  help: `
Examples:
  $ lockstep plan --nodes 8 --bandwidth 1Gbit --latency 0.2ms
  $ lockstep bench --json > bench.json
  $ lockstep plan --bench bench.json --nodes 2 --bandwidth 100Mbit --batch-size 2048

The model: the coordinator hands the parameters to one node after the other, packed where the link is slow; what was handed out
shares its link. A node takes them in, computes each tree node of its share on one thread, and sends it without its rows of zeros;
these share the link back. The coordinator takes them in one after the other, adds them, and applies Adam. 94 % of a link is payload.
Losses, other traffic, switches that are slower than their ports, slower machines and evaluation are not in it. All other constants
are lockstep bench's.

Exit codes: 0 done, 2 bad usage, 129, 130 and 143 interrupted.`,
  // threads and processes, where it measures
  ends: 'itself',
  run: async (_, options, { wiring, print, note, cli, cores, columns, signal = new AbortController().signal }) => {
    const { nodes, threads, batchSize, shards, bandwidth: bytesPerSecond, latency: roundTripMs, json } = options;
    const measuring = benchOptionsOf(
      { ...options, threads: Math.min(threads, cores), seconds: null, quick: true },
      cores,
    );
    const file = options.bench;
    const earlier = file === null ? null : await readEarlierResult(file, '--bench');
    if (earlier !== null) refuseOther(earlier, options);
    const bench = earlier ?? (await measureHere(measuring, { wiring, note, cli, cores, signal }));
    const asked: Asked = { nodes, threads, batchSize, shards, bytesPerSecond, roundTripMs };
    const constants = constantsOf(bench);
    const planned = planOf(constants, asked);
    const source = { file, date: bench.date, machine: bench.machine, load: bench.load };
    if (json)
      await print(jsonLine({ ...planned, asked: { ...asked, hidden: options.hidden }, constants, bench: source }));
    else await print(planText(planned, asked, bench, measuredText(bench, file), columns));
    return ExitCode.done;
  },
};

function measuredText({ date, machine, rounds }: BenchResult, file: string | null): string {
  const where = `${machine.processor}, Node ${machine.node}`;
  return file === null
    ? `measured now on ${where}, ${counted(rounds, 'short round')}`
    : `${file}, ${date.slice(0, 10)}, ${where}`;
}

/** The batch may be another: what a step and what a sample take was told apart. */
function refuseOther({ options: found }: BenchResult, asked: Options): void {
  for (const key of ['hidden', 'shards', 'engine', 'wide'] as const) {
    const [was, is] = [String(found[key]), String(asked[key])];
    if (was === is) continue;
    const flag = `--${key}`;
    const words = (value: string) =>
      value === 'true' ? `with ${flag}` : value === 'false' ? `without ${flag}` : `with ${flag} ${value}`;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `The result ${asked.bench} is not of what is to be planned`,
      why: `it was measured ${words(was)}, and the plan is for a run ${words(is)}`,
      mend: `Measure what is planned (lockstep bench --json, with the same flags), or plan ${words(was)}`,
    });
  }
}

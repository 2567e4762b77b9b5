// Trains with tfjs-node in several threads for minutes, with threads that die in the middle of their work, and compares
// every run with the inline baseline. Prints what it saw; worker/engines/TFJS.md keeps it. Needs deploy/tfjs-native.sh.
// node test/bench/tfjs-soundness.mjs [minutes]

import { newRun } from '../../dist/coordinator/training/resolve-with-run.js';
import { trainRun } from '../../dist/coordinator/training/train-run.js';
import { wiring } from '../../dist/src/library.js';

const minutes = Number(process.argv[2] ?? 3);

async function digestOf(options, faults = []) {
  let deaths = 0;
  const onEvent = (event) => {
    if (event.type === 'threadLost') deaths++;
  };
  const asked = newRun({ engine: 'tfjs-node', ...options });
  const { stateDigest, epochs } = await trainRun(asked, { onEvent }, { ...wiring, faults });
  return { stateDigest, deaths, samples: epochs.reduce((sum, epoch) => sum + epoch.samples, 0) };
}

const short = { epochs: 2, limitTrain: 4000, valSize: 1000 };
const baseline = await digestOf({ ...short, threads: 0 });
const points = ['compute', 'computed-ok', 'reduce', 'adam'];
const end = performance.now() + minutes * 60_000;
const seen = { runs: 0, threads: 0, deaths: 0, steps: 0, different: 0 };
let memory = 0;
while (performance.now() < end) {
  const threads = 1 + (seen.runs % 3);
  const point = points[seen.runs % points.length];
  const faults =
    point === 'computed-ok'
      ? []
      : Array.from({ length: threads }, (_, worker) => ({ worker, step: 3 + 11 * worker + (seen.runs % 7), point }));
  const found = await digestOf({ ...short, threads }, faults);
  seen.runs++;
  seen.threads += threads + found.deaths;
  seen.deaths += found.deaths;
  seen.steps += 64;
  if (found.stateDigest !== baseline.stateDigest) seen.different++;
  if (seen.runs === 10) memory = process.memoryUsage().rss;
}
console.log(`${minutes} minutes: ${JSON.stringify(seen)}`);
const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
console.log(
  `resident memory after 10 runs ${megabytes(memory)} MB, at the end ${megabytes(process.memoryUsage().rss)} MB`,
);

const long = { epochs: 10, threads: 2 };
const started = performance.now();
const first = await digestOf(long);
const seconds = (performance.now() - started) / 1000;
const second = await digestOf({ ...long, threads: 3 });
const equal = first.stateDigest === second.stateDigest;
console.log(
  `one run of ${first.samples} samples in ${seconds.toFixed(0)} s on 2 threads, again on 3: ${equal ? 'equal' : 'DIFFERENT'}`,
);

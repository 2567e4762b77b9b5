// What watching costs: the same run, not watched and watched (scraped every second, one live page open) by turns in one
// process, and the microseconds of a step that the coordinator's thread spends on it. Prints; asserts nothing.
//   npm run build && node test/bench/watch.mjs [threads] [batch size] [rounds]

import { spawn } from 'node:child_process';
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { PageState } from '../../dist/coordinator/watch/live-page/page-state.js';
import { nothingSeen } from '../../dist/coordinator/watch/live-page/page-view.js';
import { familiesOf } from '../../dist/coordinator/watch/metrics/metric-families.js';
import { metricTable } from '../../dist/coordinator/watch/model/metric-table.js';
import { WatchedRun } from '../../dist/coordinator/watch/model/watched-run.js';
import { Exposition } from '../../dist/src/host/exposition.js';
import { train } from '../../dist/src/library.js';

const [threads = 2, batchSize = 128, rounds = 8] = process.argv.slice(2).map(Number);
const options = { threads, batchSize, epochs: 5 };
const samples = 5 * 55_000;

// in a process of its own: what it costs to ask is not what it costs to be asked
const client = spawn(process.execPath, [fileURLToPath(new URL('watch-client.mjs', import.meta.url))], {
  stdio: ['pipe', 'inherit', 'inherit'],
});

async function once(watched) {
  const cpu = process.cpuUsage();
  const onEvent = ({ type, url }) => {
    if (type === 'metricsAt') client.stdin.write(`${url}\n`);
  };
  const summary = await train({ ...options, ...(watched ? { metricsPort: 0, metricsLinger: 0 } : {}) }, { onEvent });
  const { user, system } = process.cpuUsage(cpu);
  return { rate: summary.samplesPerSecond, cpu: (user + system) / samples };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const rates = { off: [], on: [] };
await once(false);
for (let round = 0; round < rounds; round++) {
  const order = round % 2 === 0 ? ['off', 'on'] : ['on', 'off'];
  for (const which of order) rates[which].push(await once(which === 'on'));
}
const shown = (name, values) => {
  const rate = values.map((one) => one.rate);
  const cpu = values.map((one) => one.cpu);
  const parts = [
    `${Math.round(median(rate))} samples/s (best ${Math.round(Math.max(...rate))})`,
    `${median(cpu).toFixed(2)} µs of CPU a sample (best ${Math.min(...cpu).toFixed(2)})`,
  ];
  console.log(`${name} ${parts.join(', ')}`);
};
console.log(`${threads} threads, batch ${batchSize}, ${rounds} rounds of ${samples} samples each, medians`);
shown('not watched', rates.off);
shown('watched    ', rates.on);
const best = Math.max(...rates.off.map(({ rate }) => rate));

// by turns is as noisy as the machine; a profile of one watched run says what its own thread did
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.start');
await once(true);
const { profile } = await session.post('Profiler.stop');
session.disconnect();
client.kill();
const ours =
  /\/(coordinator\/watch|prom-client)\/|observed-executor|coordinator\/metrics|node:(_http|net|internal\/(stream|http|net))/;
const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
let total = 0;
let watching = 0;
profile.samples.forEach((id, i) => {
  const { functionName, url } = nodes.get(id);
  if (functionName === '(idle)') return;
  total += profile.timeDeltas[i];
  if (ours.test(url)) watching += profile.timeDeltas[i];
});
const percent = ((100 * watching) / total).toFixed(2);
console.log(`profile of the coordinator's thread: ${percent} % of its busy time is watching`);
const facts = {
  name: '',
  version: '',
  engine: '',
  seed: 1,
  batchSize,
  shards: 8,
  learningRate: 1,
  epochs: 1,
};
const run = new WatchedRun(facts, { steps: 0, samples: 0, checkpointMs: 0, epochs: [] });
const steps = 1_000_000;
const started = performance.now();
for (let step = 0; step < steps; step++) {
  run.phase('compute', 0.5);
  run.phase('optimize', 0.1);
  run.step(step, { lossSum: 1, correctCount: 1, sampleCount: 128 }, 0.6, 0.001);
}
const microseconds = ((performance.now() - started) * 1000) / steps;
const stepMicroseconds = (batchSize * 1e6) / best;
const share = (100 * microseconds) / stepMicroseconds;
console.log(
  `a step's own share: ${microseconds.toFixed(3)} µs of ${stepMicroseconds.toFixed(0)} µs, ${share.toFixed(3)} %`,
);
const looks = 1_000_000;
const clock = performance.now();
for (let i = 0; i < looks; i++) performance.now();
const look = ((performance.now() - clock) * 1000) / looks;
console.log(
  `a thread looks at the clock at most 26 times a step: ${(26 * look).toFixed(2)} µs, ${((2600 * look) / stepMicroseconds).toFixed(3)} %`,
);

const exposition = new Exposition(Object.values(metricTable), () => familiesOf(run, new Map()), true);
const page = new PageState(run);
for (let warm = 0; warm < 50; warm++) await exposition.text();
let from = performance.now();
for (let i = 0; i < 200; i++) await exposition.text();
console.log(
  `a scrape: ${((performance.now() - from) / 200).toFixed(2)} ms, every 5 s ${((performance.now() - from) / 10_000).toFixed(4)} % of a core`,
);
from = performance.now();
for (let i = 0; i < 200; i++) JSON.stringify(page.view(i, nothingSeen));
console.log(
  `the whole of the page's stream: ${((performance.now() - from) / 200).toFixed(2)} ms, once for each page that opens`,
);
from = performance.now();
for (let i = 0; i < 2000; i++) JSON.stringify(page.view(i, page.cursor));
const update = (performance.now() - from) / 2000;
console.log(`an update of it: ${update.toFixed(3)} ms, twice a second ${(update / 5).toFixed(3)} % of a core`);

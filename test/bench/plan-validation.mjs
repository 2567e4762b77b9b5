// Prints what `lockstep plan` predicts of a step against what steps take on hosts of their own: network namespaces with a switch
// between them, every cable limited to 100 Mbit/s and to 1 Gbit/s (tc tbf). The model's constants come from `lockstep bench` alone,
// which is measured first, on loopback. Latency cannot be made here, and is 0 in both. It asserts nothing: run it as root on a
// machine that does nothing else; coordinator and nodes share its cores, which the model does not know.
// npm run bench:plan -- [--rounds 5] [--steps 60] [--batch 128,512,2048] [--nodes 1,2,4] [--bench FILE] [--write]

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeNetwork, networkMissing } from '../support/network.mjs';
import { cli, lastLine, printedBy, runWithWorkers } from './cluster-run.mjs';
import { loadSentence, markdownTable, median, withSection } from './peers/rates.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '60' },
    batch: { type: 'string', default: '128,512,2048' },
    nodes: { type: 'string', default: '1,2,4' },
    bench: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const missing = networkMissing();
if (missing !== null) {
  console.log(`bench:plan is skipped: ${missing}`);
  process.exit(0);
}

const lockstep = [process.execPath, cli];
const [rounds, steps] = [Number(values.rounds), Number(values.steps)];
const numbers = (text) => text.split(',').map(Number);
const cases = [100, 1000].flatMap((megabits) =>
  numbers(values.batch).flatMap((batchSize) => numbers(values.nodes).map((nodes) => ({ megabits, batchSize, nodes }))),
);
const folder = mkdtempSync(join(tmpdir(), 'lockstep-plan-'));

// what is interrupted leaves no namespaces and no folder
let network = null;
process.on('exit', () => {
  network?.remove();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/**
 * Milliseconds a step, the median of a run's epochs but the first, in which everything warms up; and the bytes that the coordinator
 * received for a step, which tell how many tree nodes the shares were of.
 */
async function measure({ megabits, batchSize, nodes }, name) {
  network = makeNetwork(nodes + 1);
  const { hosts } = network;
  try {
    for (const host of hosts) host.limitRate(megabits);
    const [site, ...others] = hosts;
    const token = join(folder, 'token');
    writeFileSync(token, 'of the hosts\n');
    const flags = ['--batch-size', batchSize, '--limit-train', steps * batchSize > 55_000 ? 55_000 : steps * batchSize];
    const quiet = ['--epochs', 4, '--val-size', 256, '--no-report', '--json', '--out', name];
    const crew = ['--threads', 0, '--listen', '0.0.0.0:0', '--token-file', token, '--min-workers', nodes];
    const run = await runWithWorkers(
      [...site.within, ...lockstep, 'train', ...flags, ...quiet, ...crew],
      others.map(({ within }) => (port) => {
        const worker = ['worker', '--connect', `ws://${site.address}:${port}`, '--threads', 1, '--token-file', token];
        return [...within, ...lockstep, ...worker];
      }),
      { cwd: folder },
    );
    const { epochs } = lastLine(run);
    const stepsOf = ({ samples }) => Math.ceil(samples / batchSize);
    const stepMs = median(epochs.slice(1).map((epoch) => (1000 * epoch.seconds) / stepsOf(epoch)));
    const received = Number(/sent to workers, (\d+) received/.exec(run.stderr)[1]);
    return { stepMs, receivedBytes: received / epochs.reduce((sum, epoch) => sum + stepsOf(epoch), 0) };
  } finally {
    network.remove();
    network = null;
  }
}

async function predict(file, { megabits, batchSize, nodes }) {
  const network = ['--nodes', nodes, '--bandwidth', `${megabits}Mbit`, '--latency', '0ms'];
  const plan = ['plan', '--bench', file, ...network, '--batch-size', batchSize, '--json'];
  return lastLine(await printedBy([...lockstep, ...plan], { cwd: folder }));
}

const before = loadavg()[0];
const file = values.bench ?? join(folder, 'bench.json');
if (!values.bench) writeFileSync(file, (await printedBy([...lockstep, 'bench', '--json'])).stdout);
const measured = cases.map(() => []);
// round by round, so that a slow minute of the machine falls on all
for (let round = 0; round < rounds; round++) {
  for (const [i, one] of cases.entries()) {
    measured[i].push(await measure(one, `run-${round}-${i}`));
    process.stderr.write(`round ${round + 1}: ${JSON.stringify(one)} ${measured[i].at(-1).stepMs.toFixed(1)} ms\n`);
  }
}
const rows = [];
for (const [i, one] of cases.entries()) {
  const { stepMs, limit, receivedBytes, constants } = await predict(file, one);
  const times = measured[i].map((run) => run.stepMs);
  const found = median(times);
  const range = `${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)}`;
  const treeNodes = (bytes) => (bytes / constants.vectorBytes).toFixed(1);
  const shares = `${treeNodes(receivedBytes)}, ${treeNodes(median(measured[i].map((run) => run.receivedBytes)))}`;
  const ratio = stepMs / found;
  const off = ratio > 1.25 || ratio < 0.75 ? 'off' : '';
  const cells = [one.megabits, one.batchSize, one.nodes].map(String);
  rows.push([...cells, limit, shares, stepMs.toFixed(1), `${found.toFixed(1)} (${range})`, ratio.toFixed(2), off]);
}
const head = [
  'Mbit/s',
  'batch',
  'nodes',
  'limited by',
  'tree nodes: predicted, measured',
  'predicted, ms',
  'measured, ms',
  'predicted : measured',
  '',
];
const text = [
  `Node ${process.versions.node}, ${availableParallelism()} cores of ${cpus()[0].model.trim()} for coordinator and nodes together; network 784-128-64-10, nodes of one thread. Medians of ${rounds} rounds (lowest to highest), each a run with epochs of up to ${steps} steps. "off": by more than a quarter.`,
  markdownTable([head, ...rows]),
  loadSentence([{ before, after: loadavg()[0] }]),
].join('\n\n');
console.log(text);
if (values.write) {
  const readme = fileURLToPath(new URL('README.md', import.meta.url));
  writeFileSync(readme, withSection(readFileSync(readme, 'utf8'), 'plan', text));
}

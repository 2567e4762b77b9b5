// Prints samples/s of two threads on two cores, undisturbed, with a busy loop pinned to one of the cores, of one thread alone,
// and of two runs that know nothing of each other, which is what the cores give at all; round by round in turn, with ratios and the
// machine's load, as Markdown. It asserts nothing: run it on a quiet machine. Linux alone (taskset).
// npm run bench:uneven -- [--rounds 5] [--epochs 6] [--batch 512,2048] [--samples N] [--write]

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { train } from '../../dist/src/library.js';
import { linesOf } from './peers/processes.mjs';
import { loadSentence, markdownTable, median, rangeOf, ratioOf, withRange, withSection } from './peers/rates.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '6' },
    batch: { type: 'string', default: '512,2048' },
    samples: { type: 'string' },
    write: { type: 'boolean', default: false },
    // one run of one thread, for the two that know nothing of each other
    alone: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const batches = values.batch.split(',').map(Number);
const cores = availableParallelism();
if (cores !== 2 && !values.alone)
  throw new Error(`this process may use ${cores} cores: give it two (taskset -c 0,1 npm run bench:uneven)`);

/** The number of the second of the cores that this process may use: "0-1", "0,4" or "2-3,7". */
const lastCore = /Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];

/** Does `work` while a loop keeps the core busy. */
async function besideBusyLoop(work) {
  const busy = spawn('taskset', ['-c', lastCore, process.execPath, '-e', 'console.log("on"); for (;;);'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => busy.once('close', resolve));
  try {
    await Promise.race([
      once(busy.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('the busy loop did not start'))),
    ]);
    return await work();
  } finally {
    busy.kill('SIGKILL');
    await ended;
  }
}

/** Samples/s of the median epoch but the first. */
async function rateOf(threads, batchSize) {
  const limitTrain = values.samples === undefined ? {} : { limitTrain: Number(values.samples) };
  const { epochs } = await train({ epochs: Number(values.epochs), threads, batchSize, ...limitTrain });
  return median(epochs.slice(1).map(({ samplesPerSecond }) => samplesPerSecond));
}

/** Of two processes at the same time, one core each, together. */
async function rateOfTwoRuns(batchSize) {
  const firstCore = /Cpus_allowed_list:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  const options = ['--alone', '--batch', String(batchSize), '--epochs', values.epochs];
  if (values.samples !== undefined) options.push('--samples', values.samples);
  const rateOn = async (core) => {
    const args = ['-c', core, process.execPath, fileURLToPath(import.meta.url), ...options];
    const [{ text }] = await linesOf({ command: 'taskset', args });
    return Number(text);
  };
  const found = await Promise.all([firstCore, lastCore].map(rateOn));
  return found[0] + found[1];
}

if (values.alone) {
  console.log(await rateOf(1, batches[0]));
  process.exit(0);
}

const whole = { name: '2 threads, undisturbed', measure: (batch) => rateOf(2, batch) };
const ways = [
  whole,
  {
    name: '2 threads, a busy loop pinned to one of the cores',
    measure: (batch) => besideBusyLoop(() => rateOf(2, batch)),
  },
  { name: '1 thread, undisturbed', measure: (batch) => rateOf(1, batch) },
  { name: 'two runs of 1 thread at the same time, together', measure: rateOfTwoRuns },
];
const rates = new Map(ways.map((way) => [way, batches.map(() => [])]));
const loads = [];
for (let round = 0; round < rounds; round++) {
  const before = loadavg()[0];
  for (const [column, batch] of batches.entries()) {
    for (const way of ways) {
      const rate = await way.measure(batch);
      rates.get(way)[column].push(rate);
      console.error(`round ${round + 1}, batch ${batch}, ${way.name}: ${Math.round(rate)}`);
    }
  }
  loads.push({ before, after: loadavg()[0] });
}

const rateCell = (value) => Math.round(value).toLocaleString('en-US');
const ratioCell = (value) => value.toFixed(2);
const rows = ways.map((way) => {
  const cells = rates.get(way).map((ofBatch, column) => {
    const rate = withRange(rateCell, rangeOf(ofBatch));
    return way === whole ? [rate, ''] : [rate, withRange(ratioCell, ratioOf(ofBatch, rates.get(whole)[column]))];
  });
  return [way.name, ...cells.flat()];
});
const head = ['', ...batches.flatMap((batch) => [`samples/s, batch ${batch}`, 'of undisturbed'])];
const processor = cpus()[0]?.model.trim() ?? 'an unknown processor';
const text = [
  `Node ${process.versions.node}, 2 cores of ${processor}, ${process.platform} ${process.arch}. Each figure is the median of ${rounds} rounds (lowest to highest), each ratio the median of the ratios of the rounds; a run's rate is the median of its epochs but the first.`,
  markdownTable([head, ...rows]),
  loadSentence(loads),
].join('\n\n');
console.log(text);
if (values.write) {
  const path = fileURLToPath(new URL('README.md', import.meta.url));
  writeFileSync(path, withSection(readFileSync(path, 'utf8'), 'uneven', text));
}

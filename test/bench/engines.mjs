// Prints samples/s of `train` for each engine, by threads and batch size, augmentation included, all in one run: compare
// what stands in one table only. It asserts nothing: run it on a quiet machine. tfjs-node needs deploy/tfjs-native.sh.
// node test/bench/engines.mjs [--markdown]

import { availableParallelism } from 'node:os';
import { train, wiring } from '../../dist/src/library.js';

const markdown = process.argv.includes('--markdown');
const engines = ['wasm', 'tfjs-node'];
const batchSizes = [128, 512, 2048];
const rounds = 3;

const able = [];
for (const engine of engines) {
  try {
    await wiring.selfTest(engine);
    able.push(engine);
  } catch (error) {
    console.log(`without ${engine}: ${error.message}`);
  }
}

/** Samples/s of the second epoch: the first one warms up. */
async function rateOf(engine, threads, batchSize) {
  const limitTrain = engine === 'wasm' ? 55_000 : 27_500;
  const { epochs } = await train({ engine, threads, batchSize, epochs: 2, limitTrain });
  return epochs[1].samplesPerSecond;
}

const cases = able.flatMap((engine) => [1, 2].flatMap((threads) => batchSizes.map((size) => [engine, threads, size])));
const rates = cases.map(() => []);
// round by round, so that a slow minute of the machine falls on all
for (let round = 0; round < rounds; round++) {
  for (const [i, given] of cases.entries()) rates[i].push(await rateOf(...given));
}
const medians = rates.map((seen) => Math.round(seen.toSorted((a, b) => a - b)[rounds >> 1]).toLocaleString('en-US'));

console.log(
  `Node ${process.version}, ${availableParallelism()} cores, ${process.arch}; 8 shards; median of ${rounds} rounds, samples/s`,
);
const rows = [['engine', 'threads', ...batchSizes.map((size) => `batch ${size}`)]];
for (let i = 0; i < cases.length; i += batchSizes.length) {
  const [engine, threads] = cases[i];
  rows.push([engine, String(threads), ...medians.slice(i, i + batchSizes.length)]);
}
if (markdown) rows.splice(1, 0, ['---', '---:', ...batchSizes.map(() => '---:')]);
for (const row of rows) {
  const cells = row.map((cell, c) => (c === 0 ? cell.padEnd(9) : cell.padStart(10)));
  console.log(markdown ? `| ${row.join(' | ')} |` : cells.join('  '));
}

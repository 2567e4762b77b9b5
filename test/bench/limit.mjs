// Prints what share of the machine's multiply-adds the kernels reach: the multiply-adds that a step of training executes, at the
// speed of a loop of nothing else on data in the second-level cache, divided by the time that the whole step takes
// (augmentation, lists, Adam and waiting included). It asserts nothing: run it on a quiet machine.
// npm run bench:limit -- [--hidden 128,64]... [--batch 128,512,2048] [--samples N] [--write]

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decodeSafetensors } from '../../dist/src/formats/safetensors.js';
import { loadDataset } from '../../dist/src/host/data/load-dataset.js';
import { train } from '../../dist/src/library.js';
import { initialParameters } from '../../dist/src/model/init.js';
import { layoutOf, namedTensors } from '../../dist/src/model/layout.js';
import { activeInputs, multiplyAdds } from './executed.mjs';
import { measureKernels } from './kernels.mjs';
import { cacheBytes, multiplyAddTimer } from './multiply-add.mjs';
import { loadSentence, markdownTable, median, withSection } from './peers/rates.mjs';

const { values } = parseArgs({
  options: {
    hidden: { type: 'string', multiple: true },
    batch: { type: 'string', default: '128,512,2048' },
    samples: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const networks = (values.hidden ?? ['128,64', '512', '1024,1024']).map((text) => text.split(',').map(Number));
const batches = values.batch.split(',').map(Number);

const before = loadavg()[0];
const timeOf = await multiplyAddTimer();
const first = cacheBytes(1, 32 * 1024);
const second = cacheBytes(2, 512 * 1024);
let inFirst = timeOf(first / 2);
const { train: digits, classes } = await loadDataset(null);
const looked = digits.images.subarray(0, 200 * digits.rows * digits.columns);

/** A run's nanoseconds a sample, and the tensors that it ends with. */
async function measure(hidden, batchSize, threads) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-limit-'));
  try {
    const out = join(folder, 'run');
    // wide networks take long, and need fewer samples for a figure
    const limitTrain = values.samples ? Number(values.samples) : hidden.some((width) => width > 256) ? 16_384 : 55_000;
    const { epochs } = await train({ hidden, batchSize, threads, limitTrain, epochs: 4, out, report: false });
    const rate = median(epochs.slice(1).map(({ samplesPerSecond }) => samplesPerSecond));
    const { tensors } = decodeSafetensors(readFileSync(join(out, 'model.safetensors')), 'model.safetensors');
    return { nanoseconds: 1e9 / rate, tensors };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows = [];
for (const hidden of networks) {
  const layout = layoutOf([digits.rows * digits.columns, ...hidden, classes]);
  for (const batchSize of batches) {
    for (const threads of [1, 2]) {
      // in the same minute as the run, since a virtual core's speed changes
      const around = [timeOf(second / 2)];
      const { nanoseconds, tensors } = await measure(hidden, batchSize, threads);
      around.push(timeOf(second / 2));
      const limit = Math.min(...around);
      inFirst = Math.min(inFirst, timeOf(first / 2));
      const active = activeInputs(tensors, looked, digits.rows, digits.columns, true);
      const { forward, backward, gradient } = multiplyAdds(layout, active);
      const all = forward + backward + gradient;
      const share = (all * limit) / (nanoseconds * threads);
      rows.push([
        [digits.rows * digits.columns, ...hidden, classes].join('-'),
        String(batchSize),
        String(threads),
        active.map(Math.round).join(', '),
        Math.round(all).toLocaleString('en-US'),
        limit.toFixed(3),
        ((all * limit) / 1000).toFixed(2),
        ((nanoseconds * threads) / 1000).toFixed(2),
        share.toFixed(2),
      ]);
      process.stderr.write(`${rows.at(-1).join('  ')}\n`);
    }
  }
}
/** The stages of the default network, in one thread, by differences, on the parameters that a run begins with. */
async function stages() {
  const layout = layoutOf([digits.rows * digits.columns, 128, 64, classes]);
  const tensors = namedTensors(layout, initialParameters(layout, 42));
  const listed = (augment) => multiplyAdds(layout, activeInputs(tensors, looked, digits.rows, digits.columns, augment));
  const adds = { forward: listed(false).forward, backward: listed(true).backward + listed(true).gradient };
  const limit = timeOf(second / 2);
  const measured = await measureKernels();
  return measured.map(([name, micros]) => {
    const own = adds[Object.keys(adds).find((stage) => name.startsWith(stage))];
    const least = own === undefined ? '' : ((own * limit) / 1000).toFixed(2);
    return [name, least, micros.toFixed(2), own === undefined ? '' : ((own * limit) / 1000 / micros).toFixed(2)];
  });
}

const text = [
  `Node ${process.versions.node}, ${availableParallelism()} cores of ${cpus()[0].model.trim()}, ${process.platform} ${process.arch}. A multiply-add of four ` +
    `values takes ${inFirst.toFixed(3)} ns on ${first / 2048} KiB (first-level cache), and what the table says on ${second / 2048} KiB (second-level).`,
  markdownTable([
    [
      'network',
      'batch',
      'threads',
      'inputs that are not 0',
      'multiply-adds a sample',
      'ns each',
      'limit, µs',
      'µs a sample and thread',
      'share',
    ],
    ...rows,
  ]),
  'Stage by stage, network 784-128-64-10, batch 128, one thread:',
  markdownTable([['stage', 'limit, µs', 'µs a sample', 'share'], ...(await stages())]),
  loadSentence([{ before, after: loadavg()[0] }]),
].join('\n\n');
console.log(text);
if (values.write) {
  const file = fileURLToPath(new URL('README.md', import.meta.url));
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), 'limit', text));
}

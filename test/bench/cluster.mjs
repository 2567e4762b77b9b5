// Prints samples/s of the inline baseline, of two threads, and of two workers over loopback (processes of one thread each,
// for a coordinator that computes nothing), measured in turn; and what a step sends and receives. It asserts nothing: run it
// on a quiet machine. npm run bench:cluster -- [EPOCHS]; with LOCKSTEP_PROFILE=DIR it leaves CPU profiles of the main threads.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, lastLine, runWithWorkers } from './cluster-run.mjs';

const epochs = Number(process.argv[2] ?? 7);
const { LOCKSTEP_PROFILE } = process.env;
const profile = LOCKSTEP_PROFILE ? ['--cpu-prof', '--cpu-prof-dir', LOCKSTEP_PROFILE] : [];
const lockstep = [process.execPath, ...profile, cli];

/** A run of its own folder, and as many workers as are asked for. */
async function measure(flags, workers) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  try {
    const common = ['train', '--epochs', epochs, '--out', join(folder, 'run'), '--json'];
    const worker = (port) => [...lockstep, 'worker', '--threads', 1, '--connect', `ws://127.0.0.1:${port}`];
    const summary = lastLine(await runWithWorkers([...lockstep, ...common, ...flags], Array(workers).fill(worker)));
    const read = (name) => JSON.parse(readFileSync(join(folder, 'run', name), 'utf8'));
    const { steps } = read('history.json').at(-1);
    const events = read('log.json').processes[0].events.flatMap(({ event }) => event ?? []);
    const { sentBytes, receivedBytes } = events.find(({ type }) => type === 'traffic') ?? {
      sentBytes: 0,
      receivedBytes: 0,
    };
    return { summary, sent: sentBytes / steps, received: receivedBytes / steps };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of the epochs after the first, in which everything warms up. */
function medianRate({ epochs: [, ...warm] }) {
  return warm.map(({ samplesPerSecond }) => samplesPerSecond).toSorted((a, b) => a - b)[warm.length >> 1];
}

const crew = ['--listen', '127.0.0.1:0', '--threads', '0', '--min-workers', '2'];
const setups = [
  ['inline baseline', ['--threads', '0'], 0],
  ['2 threads', ['--threads', '2'], 0],
  ['2 workers over loopback', crew, 2],
];
console.log(
  `Node ${process.version}, ${availableParallelism()} cores, ${process.arch}; ${epochs} epochs of MNIST each`,
);
console.log('batch  who                      samples/s  of 2 threads  bytes a step: sent   received  digest');
for (const batch of [512, 128]) {
  let ofThreads = Number.NaN;
  for (const [name, flags, workers] of setups) {
    const { summary, sent, received } = await measure([...flags, '--batch-size', String(batch)], workers);
    const rate = medianRate(summary);
    if (name === '2 threads') ofThreads = rate;
    const cells = [
      String(batch).padStart(5),
      name.padEnd(24),
      String(Math.round(rate)).padStart(8),
      (rate / ofThreads).toFixed(2).padStart(12),
      (workers > 0 ? Math.round(sent).toLocaleString('en-US') : '').padStart(18),
      (workers > 0 ? Math.round(received).toLocaleString('en-US') : '').padStart(9),
      summary.digest.slice(0, 12),
    ];
    console.log(cells.join('  '));
  }
}

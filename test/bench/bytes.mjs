// Prints the bytes that a step moves for each node, parameters sent as they are and packed: two nodes at batch 512 and eight at 128,
// processes of one thread over loopback, for a coordinator in this one that computes nothing. It asserts nothing; what is counted
// does not depend on what else the machine does, but for how the shards are shared: nodes that are equally fast are said to be.
// npm run bench:bytes -- [STEPS]

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { resolveWithRun } from '../../dist/coordinator/training/resolve-with-run.js';
import { trainRun } from '../../dist/coordinator/training/train-run.js';
import { wiring } from '../../dist/src/library.js';

const steps = Number(process.argv[2] ?? 300);
const cli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));
const anyLink = { packUpTo: Number.POSITIVE_INFINITY, plainAbove: Number.POSITIVE_INFINITY, attempts: 1 };
const forms = { plain: { packUpTo: 0, plainAbove: 0, attempts: 1 }, packed: anyLink };
const measured = (clocked) => ({ ...clocked, computeMs: clocked.sampleCount, wallMs: clocked.sampleCount });

async function bytesOf(nodes, batchSize, link) {
  const children = [];
  let traffic = null;
  const onEvent = (event) => {
    if (event.type === 'traffic') traffic = event;
    if (event.type !== 'listening') return;
    for (let i = 0; i < nodes; i++) {
      const args = ['worker', '--threads', '1', '--connect', event.url];
      children.push(spawn(process.execPath, [cli, ...args], { stdio: 'ignore' }));
    }
  };
  const crew = { threads: 0, listen: '127.0.0.1:0', minWorkers: nodes, metricsPort: null };
  const options = { ...crew, batchSize, maxSteps: steps, valSize: 0, report: false };
  const asked = await resolveWithRun(options, null, 'option');
  const limits = { link, measured, step: { lateFactor: 4, lateFloorMs: 60_000, unmeasuredMs: 60_000 } };
  const { digest } = await trainRun(asked, { onEvent }, { ...wiring, limits });
  for (const child of children) if (child.exitCode === null) await new Promise((resolve) => child.on('close', resolve));
  return { digest, sent: traffic.sentBytes / steps / nodes, received: traffic.receivedBytes / steps / nodes };
}

console.log('nodes  batch  parameters  bytes a step and node: sent  received      both  digest');
for (const [nodes, batchSize] of [
  [2, 512],
  [8, 128],
]) {
  for (const [form, link] of Object.entries(forms)) {
    const { digest, sent, received } = await bytesOf(nodes, batchSize, link);
    const [out, back, both] = [sent, received, sent + received].map((n) => Math.round(n).toLocaleString('en-US'));
    console.log(
      `${String(nodes).padStart(5)}  ${String(batchSize).padStart(5)}  ${form.padEnd(10)}  ${out.padStart(27)}  ${back.padStart(8)}  ${both.padStart(8)}  ${digest.slice(0, 12)}`,
    );
  }
}

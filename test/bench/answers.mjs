// A coordinator alone: nodes that compute nothing and answer at once, 1, 8 and 64 of them, in one process beside it. Prints what a
// step costs the coordinator for each node, in processor time, beside a plain copy of the bytes that go down and come up. It
// asserts nothing. Linux. npm run bench:answers -- [MS]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { wiring } from '../../dist/src/library.js';
import { decodeFrame, encodeHead } from '../../dist/src/wire/codec.js';
import { identityOf } from '../../dist/src/wire/handshake.js';
import { MeasuredProcess, median } from './measured-process.mjs';

const ms = Number(process.argv[2] ?? 5000);
const BATCH = 512;
const WARM_ANSWERS = 1600;
const SLICES = 5;
const cli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));
const selfTest = await wiring.selfTest('wasm');

/** A node of one thread whose every gradient is 0. */
function answerAtOnce(url, shards) {
  const socket = new WebSocket(url, { perMessageDeflate: false, generateMask: (mask) => mask.fill(0) });
  socket.binaryType = 'fragments';
  const say = (header, payload) => {
    socket.send(encodeHead(header), { fin: payload === undefined });
    if (payload !== undefined) socket.send(payload, { fin: true });
  };
  const identity = identityOf(wiring.programVersion, 'wasm', selfTest);
  let values;
  socket.on('open', () =>
    say({ type: 'hello', ...identity, name: 'idle', threads: 1, wide: false, metricsPort: null, rank: null }),
  );
  socket.on('close', (code, reason) => code !== 1006 && console.error(`closed with ${code}: ${reason}`));
  socket.on('message', ([head]) => {
    const { header } = decodeFrame(head);
    const { type, epoch, step, attempt, blocks } = header;
    if (type === 'welcome') {
      values = new Uint8Array(4 * header.valueCount);
      say({ type: 'ready' });
    }
    if (type !== 'step') return;
    for (const { level, index } of blocks) {
      const sums = { lossSum: 0, correctCount: 0, sampleCount: (BATCH / shards) * 2 ** level };
      say({ type: 'tree-node', epoch, step, attempt, level, index, ...sums, computeMs: 1, packed: false }, values);
    }
  });
}

console.log('nodes  µs of processor time a step and node  a plain copy of its bytes, µs  ratio');
for (const nodes of [1, 8, 64]) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  const size = [
    '--batch-size',
    `${BATCH}`,
    '--shards',
    `${nodes}`,
    '--limit-train',
    `${100 * BATCH}`,
    '--val-size',
    '0',
  ];
  const crew = ['--listen', '127.0.0.1:0', '--threads', '0', '--min-workers', `${nodes}`, '--metrics-port', '0'];
  const coordinator = new MeasuredProcess([
    ...[cli, 'train', '--epochs', '100000', ...size, ...crew, '--out', join(folder, 'run')],
  ]);
  try {
    const [, url] = await coordinator.said(/Listening at (\S+:\d+)/);
    for (let i = 0; i < nodes; i++) answerAtOnce(url, nodes);
    await coordinator.reached(Math.ceil(WARM_ANSWERS / nodes));
    const figures = [];
    for (let i = 0; i < SLICES; i++) {
      const [steps, cpuMs] = [await coordinator.steps(), coordinator.cpuMs()];
      await delay(ms / SLICES);
      const usedMs = coordinator.cpuMs() - cpuMs;
      figures.push((1000 * usedMs) / ((await coordinator.steps()) - steps) / nodes);
    }
    const copy = copyMicros(4 * 109_516);
    const cells = [
      String(nodes).padStart(5),
      median(figures).toFixed(0).padStart(37),
      (2 * copy).toFixed(0).padStart(28),
    ];
    console.log(`${cells.join('  ')}  ${(median(figures) / (2 * copy)).toFixed(1).padStart(6)}`);
  } finally {
    coordinator.signal('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit();

/** Between blocks that lie in no cache, as those of a step do. */
function copyMicros(bytes) {
  const blocks = Array.from({ length: 128 }, () => new Uint8Array(bytes));
  const times = [];
  for (let i = 0; i < 2000; i++) {
    const startedMs = performance.now();
    blocks[(2 * i + 1) % blocks.length].set(blocks[(2 * i) % blocks.length]);
    times.push(1000 * (performance.now() - startedMs));
  }
  return median(times);
}

// Two workers of one thread and a coordinator that computes nothing, over loopback, of this build and of an earlier one: both
// run, and one of them is always stopped (SIGSTOP), so that they share whatever else the machine does. Prints the processor time
// and the time of a step. It asserts nothing. Linux.
// npm run bench:turns -- --before DIR [--batch 512,128] [--slices 20] [--ms 2000]; DIR is a built tree

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MeasuredProcess, median } from './measured-process.mjs';

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    batch: { type: 'string', default: '512,128' },
    slices: { type: 'string', default: '20' },
    ms: { type: 'string', default: '2000' },
  },
});
if (values.before === undefined) throw new Error('--before DIR: the built tree of an earlier commit');
const here = fileURLToPath(new URL('../..', import.meta.url));
const WARM_STEPS = 400;

class Crew {
  constructor(name, tree, batch) {
    this.name = name;
    this.slices = [];
    this.folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
    this.cli = join(tree, 'dist/src/cli.js');
    // a stopped coordinator is not read: nobody may take that for a death
    const flags = ['--epochs', '100000', '--val-size', '200', '--metrics-port', '0', '--heartbeat-timeout', '60'];
    const nodes = ['--listen', '127.0.0.1:0', '--threads', '0', '--min-workers', '2'];
    this.coordinator = new MeasuredProcess([
      ...[this.cli, 'train', ...flags, ...nodes, '--batch-size', batch, '--out', join(this.folder, 'run')],
    ]);
    this.all = [this.coordinator];
  }

  async begin() {
    const [, url] = await this.coordinator.said(/Listening at (\S+:\d+)/);
    for (let i = 0; i < 2; i++) {
      this.all.push(new MeasuredProcess([this.cli, 'worker', '--threads', '1', '--connect', url]));
    }
    await this.coordinator.reached(WARM_STEPS);
    this.signal('SIGSTOP');
  }

  signal(name) {
    for (const one of this.all) one.signal(name);
  }

  async slice(ms) {
    this.signal('SIGCONT');
    const steps = await this.coordinator.steps();
    const cpuMs = this.all.map((one) => one.cpuMs());
    const startedMs = performance.now();
    await delay(ms);
    const wallMs = performance.now() - startedMs;
    const usedMs = this.all.map((one, i) => one.cpuMs() - cpuMs[i]);
    const done = (await this.coordinator.steps()) - steps;
    this.signal('SIGSTOP');
    const [coordinator, ...workers] = usedMs.map((used) => used / done);
    const ofWorkers = workers.reduce((a, b) => a + b, 0);
    this.slices.push({ all: coordinator + ofWorkers, coordinator, workers: ofWorkers, wall: wallMs / done });
  }

  end() {
    this.signal('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const columns = ['all', 'coordinator', 'workers', 'wall'];
console.log('batch  build    ms a step: all processes  coordinator  workers   wall   (median; lowest)');
for (const batch of values.batch.split(',')) {
  const crews = [new Crew('before', values.before, batch), new Crew('now', here, batch)];
  try {
    for (const crew of crews) await crew.begin();
    for (let i = 0; i < Number(values.slices); i++) {
      for (const crew of i % 2 === 0 ? crews : crews.toReversed()) await crew.slice(Number(values.ms));
    }
  } finally {
    for (const crew of crews) crew.end();
  }
  const [before, now] = crews.map(({ slices }) => slices);
  const cell = (text) => text.padStart(13);
  for (const { name, slices } of crews) {
    const cells = columns.map((column) => {
      const of = slices.map((slice) => slice[column]);
      return cell(`${median(of).toFixed(2)}; ${Math.min(...of).toFixed(2)}`);
    });
    console.log(`${batch.padStart(5)}  ${name.padEnd(7)}  ${cells.join('  ')}`);
  }
  const ratios = columns.map((column) =>
    cell(median(now.map((slice, i) => slice[column] / before[i][column])).toFixed(2)),
  );
  console.log(`${batch.padStart(5)}  now : before, median of slices  ${ratios.join('  ')}`);
}

// A coordinator in this program and a worker in a process of its own, on this machine: the bits are those of one thread alone.
// node cluster.mjs [FOLDER OF DATA]            without a folder: MNIST

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { train } from 'lockstep';

const options = { data: process.argv[2] ?? null, epochs: 1, limitTrain: 2000, valSize: 100 };
const cli = fileURLToPath(new URL('cli.js', import.meta.resolve('lockstep')));
let worker = null;

const run = train({ ...options, threads: 0, listen: '127.0.0.1:0', minWorkers: 1 });
try {
  for await (const event of run) {
    if (event.type === 'listening') {
      worker = spawn(process.execPath, [cli, 'worker', '--connect', event.url, '--threads', '1'], { stdio: 'ignore' });
    }
    if (event.type === 'workerJoined') console.log(`${event.name} joined, threads: ${event.threads}`);
  }
} finally {
  // it would wait for the next run
  worker?.kill();
}
const together = await run;
const alone = await train({ ...options, threads: 1 });
console.log(`with a worker ${together.digest}`);
console.log(`alone         ${alone.digest}`);
process.exitCode = together.digest === alone.digest ? 0 : 3;

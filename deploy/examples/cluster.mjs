// A coordinator that computes nothing, and two workers that are processes of their own; one is killed in the middle. The digest is
// that of one worker all the same.
//
//   node cluster.mjs

import { spawn } from 'node:child_process';
import { train } from 'lockstep';

const recipe = { epochs: 2, limitTrain: 12_800 };
const run = train({ ...recipe, listen: '127.0.0.1:0', threads: 0, minWorkers: 2, joinTimeout: 60 });
const workers = [];
for await (const event of run) {
  if (event.type === 'listening') {
    for (const name of ['first', 'second']) {
      const args = ['lockstep', 'worker', '--connect', event.url, '--name', name, '--threads', '1'];
      workers.push(spawn('npx', args, { stdio: 'inherit', detached: true }));
    }
  }
  if (event.type === 'workerJoined') console.log(`${event.name} joined`);
  if (event.type === 'epoch' && event.epoch === 1) process.kill(-workers[1].pid, 'SIGKILL');
  if (event.type === 'workerLost') console.log(`${event.name} was lost: ${event.reason}`);
}
const { digest } = await run;
console.log(`with workers ${digest}`);
console.log(`alone        ${(await train({ ...recipe, threads: 0 })).digest}`);

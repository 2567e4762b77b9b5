// A coordinator in a process of its own, for tests: trains or resumes a run with faults in its threads, and tells after each
// epoch what it holds of the system's resources. One argument, JSON: {options, faults}. Needs dist/.

import { readdirSync, readFileSync } from 'node:fs';
import { resolveWithRun } from '../../dist/coordinator/run-files.js';
import { trainRun } from '../../dist/coordinator/train-run.js';
import { wiring } from '../../dist/src/library.js';

const { options, faults } = JSON.parse(process.argv[2]);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function held() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
  return { fds: readdirSync('/proc/self/fd').length, threads: number('Threads'), rssKilobytes: number('VmRSS') };
}

const onEvent = (event) => {
  if (event.type === 'epoch') tell({ epoch: event.epoch, ...held() });
  if (event.type === 'warning') tell({ warning: event.message });
};
const asked = await resolveWithRun(options, null, 'option');
const { stateDigest } = await trainRun(asked, { onEvent }, { ...wiring, faults });
tell({ stateDigest });

// A coordinator in a process of its own, for tests: trains or resumes a run with faults in its threads, and tells what it
// says, and after each epoch what it holds of the system's resources. One argument, JSON: {options, faults}. Needs dist/.

import { resolveWithRun } from '../../dist/coordinator/training/resolve-with-run.js';
import { trainRun } from '../../dist/coordinator/training/train-run.js';
import { wiring } from '../../dist/src/library.js';
import { eventLine } from '../../dist/src/run/event-text.js';
import { heldBy } from './held.mjs';

const { options, faults } = JSON.parse(process.argv[2]);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const onEvent = (event) => {
  if (event.type === 'epoch') tell({ epoch: event.epoch, ...heldBy('self') });
  const line = eventLine(event);
  if (line !== null) tell({ [line.level]: line.text });
  if (event.type === 'threadLost') tell({ threadLost: event.thread });
  if (event.type === 'workerFalse') tell({ accused: event.reason });
  if (event.type === 'audits') tell({ audited: event.audited });
};
const asked = await resolveWithRun(options, null, 'option');
const { stateDigest } = await trainRun(asked, { onEvent }, { ...wiring, faults });
tell({ stateDigest });

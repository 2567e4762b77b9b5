// A run in a process of its own that kills itself, as `kill -9` would, when so many epochs have ended and checkpoints been
// written: killed-run.mjs OPTIONS-AS-JSON EVENTS. Needs dist/.

import { wideInEnvironment } from '../../dist/src/host/wide.js';
import { LockstepError, train } from '../../dist/src/library.js';

const [options, events] = process.argv.slice(2).map((text) => JSON.parse(text));
let left = events;
const onEvent = ({ type }) => {
  if ((type === 'checkpoint' || type === 'epoch') && --left === 0) process.kill(process.pid, 'SIGKILL');
};
try {
  // the library does not look at the environment
  await train({ wide: wideInEnvironment(), ...options }, { onEvent });
} catch (error) {
  if (!(error instanceof LockstepError)) throw error;
  process.stderr.write(error.message);
  process.exitCode = error.exitCode;
}

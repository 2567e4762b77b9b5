// Watches a run by its events, and shows one line for each epoch.
// node watch-a-run.mjs [FOLDER OF DATA]        without a folder: MNIST

import { isLockstepError, train } from 'lockstep';

const run = train({ data: process.argv[2] ?? null, epochs: 2, limitTrain: 2000, valSize: 100 });
try {
  for await (const event of run) {
    if (event.type === 'start') console.log(`${event.parameters} parameters, ${event.trainSamples} samples`);
    if (event.type === 'warning') console.error(event.message);
    if (event.type === 'epoch') console.log(`epoch ${event.epoch}: loss ${event.validation?.loss.toFixed(4)}`);
  }
  const { test, digest } = await run;
  console.log(`test accuracy ${test.accuracy.toFixed(4)}, digest ${digest}`);
} catch (error) {
  if (!isLockstepError(error)) throw error;
  console.error(`${error.code}: ${error.what}: ${error.why}. ${error.mend}`);
  process.exitCode = error.exitCode;
}

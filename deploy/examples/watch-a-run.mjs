// Trains for some epochs, and says after each what came of it; Ctrl-C ends it after a checkpoint, from which the same command goes on.
//
//   node watch-a-run.mjs runs/watched 5

import { train } from 'lockstep';

const [out = 'runs/watched', epochs = '5'] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const run = train({ out, autoResume: true, epochs: Number(epochs) }, { signal: stop.signal });
try {
  for await (const event of run) {
    if (event.type === 'epoch') {
      const {
        epoch,
        train: { loss },
        validation,
        samplesPerSecond,
      } = event;
      console.log(
        `epoch ${epoch}: loss ${loss.toFixed(4)}, validation ${validation?.accuracy.toFixed(4)}, ${Math.round(samplesPerSecond)} samples/s`,
      );
    }
    if (event.type === 'warning') console.warn(event.message);
  }
  const { test, digest } = await run;
  console.log(`test accuracy ${test.accuracy.toFixed(4)}, digest ${digest}`);
} catch (error) {
  if (error.code !== 'ERR_LOCKSTEP_INTERRUPTED') throw error;
  console.log('interrupted; the same command goes on');
}

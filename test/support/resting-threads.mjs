// For test/worker/thread/rests.slow.ts: a thread that rests as often as it may, and writes down how many rested at a time.

import { workerData } from 'node:worker_threads';
import { Rests } from '../../dist/worker/thread/rests.js';

const { words, places, worker, workers, rounds } = workerData;
const rests = new Rests(words, 0, worker, workers);

/** Asked by a thread that is about to sleep, when it is sure that it may. */
function whileResting() {
  const resting = Atomics.add(words, places.resting, 1) + 1;
  for (let most = Atomics.load(words, places.most); resting > most; most = Atomics.load(words, places.most)) {
    Atomics.compareExchange(words, places.most, most, resting);
  }
  // others lie down meanwhile
  for (let look = 0; look < 300; look++) Atomics.load(words, places.resting);
  Atomics.sub(words, places.resting, 1);
  return true;
}

rests.calm();
Atomics.add(words, places.ready, 1);
while (Atomics.load(words, places.ready) < workers) Atomics.wait(words, places.go, 0, 1);
let rested = 0;
for (let round = 0; round < rounds; round++) {
  if (rests.take(1000, whileResting)) rested++;
  rests.calm();
}
Atomics.add(words, places.rests, rested);

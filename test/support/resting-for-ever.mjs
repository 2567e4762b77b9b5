// For test/worker/thread/rests.slow.ts, in the place of the thread's file: the first thread rests without an end of its own, and
// the second dies once, as soon as the first lies down. Of the words for faults the first counts how often it lay down, the
// second how often it got up.

import { Word } from '../../dist/src/kernels/mailbox.js';
import { Rests } from '../../dist/worker/thread/rests.js';

export default function thread({ memory, plan, loop: { worker, workers } }) {
  const words = new Int32Array(memory.buffer);
  const control = plan.control / 4;
  const [lain, risen, died] = [0, 1, 2].map((place) => control + Word.faults + place);
  // it is posted no other job than to stop
  const isStopped = () => Atomics.load(words, control + Word.job) !== 0;
  const count = (place) => {
    Atomics.add(words, place, 1);
    Atomics.notify(words, place);
  };
  const rests = new Rests(words, control, worker, workers);
  rests.calm();
  if (worker === 0) {
    const lieDown = () => {
      count(lain);
      return isStopped();
    };
    while (!isStopped()) if (rests.take(Number.POSITIVE_INFINITY, lieDown)) count(risen);
  } else {
    Atomics.wait(words, lain, 0);
    if (Atomics.compareExchange(words, died, 0, 1) === 0) process.exit(7);
    while (!isStopped()) Atomics.wait(words, control + Word.wake, Atomics.load(words, control + Word.wake), 50);
  }
  return null;
}

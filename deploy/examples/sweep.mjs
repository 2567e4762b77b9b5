// Trains with several learning rates, gives up early on those that fall behind, and names the best.
// node sweep.mjs [FOLDER OF DATA]              without a folder: MNIST

import { train } from 'lockstep';

const common = { data: process.argv[2] ?? null, epochs: 3, limitTrain: 2000, valSize: 100, seed: 7 };
let best = { lr: 0, loss: Number.POSITIVE_INFINITY, digest: '' };

for (const lr of [1e-3, 1e-5, 3e-3]) {
  let reached = Number.POSITIVE_INFINITY;
  let digest = '';
  for await (const event of train({ ...common, lr })) {
    if (event.type === 'epoch') {
      reached = event.validation?.loss ?? reached;
      console.log(`lr ${lr}, epoch ${event.epoch}: validation loss ${reached.toFixed(4)}`);
      // leaving the loop ends the run
      if (reached > 2 * best.loss) break;
    }
    if (event.type === 'done') digest = event.summary.digest;
  }
  if (digest === '') console.log(`lr ${lr} was given up`);
  else if (reached < best.loss) best = { lr, loss: reached, digest };
}
console.log(`best: lr ${best.lr}, validation loss ${best.loss.toFixed(4)}, digest ${best.digest}`);

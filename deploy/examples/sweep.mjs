// Which learning rate is best? Trains with each for as many steps, and compares them by validation: the test set is looked at once.
//
//   node sweep.mjs 0.0003 0.001 0.003

import { train } from 'lockstep';

const rates = process.argv.slice(2).map(Number);
const results = [];
for (const lr of rates.length > 0 ? rates : [0.0003, 0.001, 0.003]) {
  const { epochs, test } = await train({ lr, epochs: 2, limitTrain: 12_800 });
  const { accuracy } = epochs.at(-1).validation;
  results.push({ lr, validation: accuracy, test: test.accuracy });
  console.log(`learning rate ${lr}: validation ${accuracy.toFixed(4)}`);
}
const best = results.reduce((a, b) => (b.validation > a.validation ? b : a));
console.log(`best: ${best.lr}, test accuracy ${best.test.toFixed(4)}`);

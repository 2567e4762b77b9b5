// How many multiply-adds the kernels execute for a sample, four values each: counted on a trained network and real images, since
// what is 0 is left out.

import { augmentImage } from '../../dist/src/library.js';

/** The mean number of inputs of each layer that are not 0, over images as training sees them. */
export function activeInputs(tensors, images, rows, columns, augment) {
  const pixels = rows * columns;
  const count = images.length / pixels;
  const active = new Array(tensors.length / 2).fill(0);
  for (let n = 0; n < count; n++) {
    const own = images.subarray(n * pixels, (n + 1) * pixels);
    // turned and moved as much as the middle of what training draws
    const place = { rows, columns, angle: (n % 21) - 10, top: n % 5, left: (n >> 3) % 5 };
    let values = Float32Array.from(augment ? augmentImage(own, place) : own, (pixel) => pixel / 127.5 - 1);
    // the first layer's inputs are shifted by 1, so that background is 0
    active[0] += values.reduce((sum, value) => sum + Number(value !== -1), 0);
    for (let l = 1; l < active.length; l++) {
      values = hidden(tensors[2 * l - 2], tensors[2 * l - 1], values);
      active[l] += values.reduce((sum, value) => sum + Number(value > 0), 0);
    }
  }
  return active.map((sum) => sum / count);
}

/** ReLU of a layer, whose weights are (outputs, inputs). */
function hidden({ data: weights }, { data: biases }, inputs) {
  return biases.map((bias, o) => {
    let sum = bias;
    const row = o * inputs.length;
    for (let i = 0; i < inputs.length; i++) sum += weights[row + i] * inputs[i];
    return Math.max(0, sum);
  });
}

/** Multiply-adds of four values that a sample takes, by stage: each input that is listed touches one row. */
export function multiplyAdds({ layers }, active) {
  const rows = layers.map(({ stride }, l) => (active[l] * stride) / 4);
  const all = rows.reduce((a, b) => a + b);
  return { forward: all, backward: all - rows[0], gradient: all };
}

// Random small networks with a batch of images each, from a seed: input of `computeGradient` and of its oracles.

/** A small network and images that are sparse like digits, from a seed. */
export function randomCase(seed: number, hidden: readonly number[], classes: number, count: number, density: number) {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const [rows, columns] = [6, 5];
  const widths = [rows * columns, ...hidden, classes];
  const size = widths.slice(1).reduce((sum, width, l) => sum + width * (widths[l]! + 1), 0);
  const parameters = Float32Array.from({ length: size }, () => (random() - 0.5) * 0.8);
  const images = Uint8Array.from({ length: count * rows * columns }, () =>
    random() < density ? Math.floor(random() * 256) : 0,
  );
  const labels = Uint8Array.from({ length: count }, () => Math.floor(random() * classes));
  return { hidden, rows, columns, classes, widths, parameters, images, labels };
}

import { expect, test } from 'vitest';
import { initialParameters } from '../../src/model/init.ts';
import { layoutOf, namedTensors, toCanonicalOrder, toKernelOrder } from '../../src/model/layout.ts';

test("the report's network has 109,386 parameters, under PyTorch's names", () => {
  const layout = layoutOf([784, 128, 64, 10]);
  expect(layout.parameters).toBe(109_386);
  const tensors = namedTensors(layout, new Float32Array(layout.parameters));
  expect(tensors.map(({ name, shape, data }) => [name, shape, data.length])).toEqual([
    ['fc1.weight', [128, 784], 100_352],
    ['fc1.bias', [128], 128],
    ['fc2.weight', [64, 128], 8192],
    ['fc2.bias', [64], 64],
    ['fc3.weight', [10, 64], 640],
    ['fc3.bias', [10], 10],
  ]);
});

test('canonical order and kernel order hold the same values, padding is 0', () => {
  const layout = layoutOf([5, 7, 3]);
  const canonical = Float32Array.from({ length: layout.parameters }, (_, i) => i + 1);
  const kernel = new Float32Array(layout.size).fill(Number.NaN);
  toKernelOrder(layout, canonical, kernel);
  expect([...toCanonicalOrder(layout, kernel)]).toEqual([...canonical]);
  expect(kernel.filter((value) => value === 0)).toHaveLength(layout.size - layout.parameters);
  // weight (out 2, in 3) of the first layer
  expect(kernel[3 * 8 + 2]).toBe(canonical[2 * 5 + 3]);
});

test('initial parameters are uniform within 1/sqrt(fan_in), by the seed', () => {
  const layout = layoutOf([784, 128, 64, 10]);
  const parameters = initialParameters(layout, 42);
  for (const { name, shape, data } of namedTensors(layout, parameters)) {
    const fanIn = name.endsWith('weight') ? shape[1]! : layout.layers.find((l) => name.startsWith(l.name))!.inputs;
    const bound = 1 / Math.sqrt(fanIn);
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(bound);
    if (data.length < 1000) continue;
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(data.length));
    expect(variance / (bound * bound)).toBeCloseTo(1 / 3, 1);
  }
  expect([...initialParameters(layout, 42).slice(0, 9)]).toEqual([...parameters.slice(0, 9)]);
  expect([...initialParameters(layout, 43).slice(0, 9)]).not.toEqual([...parameters.slice(0, 9)]);
});

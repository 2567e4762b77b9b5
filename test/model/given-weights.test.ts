// Weights to begin from: what names and shapes are taken for which network.

import { describe, expect, test } from 'vitest';
import { givenWeights } from '../../src/model/given-weights.ts';
import { initFileOf, initIdentity, recordedInit } from '../../src/model/init-choice.ts';
import { layoutOf, type NamedTensor, namedTensors } from '../../src/model/layout.ts';

const layout = layoutOf([6, 5, 4, 3]);
const values = Float32Array.from({ length: layout.parameters }, (_, i) => i / 7 - 3);
const ours = namedTensors(layout, values);

/** The same tensors under other names. */
function renamed(name: (layer: number, part: string) => string): NamedTensor[] {
  return ours.map(({ name: own, ...rest }) => {
    const [, number, part] = /^fc(\d)\.(\w+)$/.exec(own)!;
    return { ...rest, name: name(Number(number) - 1, part!) };
  });
}

const whyOf = (tensors: readonly NamedTensor[]) => {
  const found = givenWeights(tensors, layout);
  return 'why' in found ? found.why : null;
};

describe('names', () => {
  test.each<[string, NamedTensor[]]>([
    ['our own', ours],
    ['nn.Sequential with ReLU between the layers', renamed((l, part) => `${2 * l}.${part}`)],
    ['nn.Sequential behind nn.Flatten, as a module', renamed((l, part) => `layers.${2 * l + 1}.${part}`)],
    ['from ten on: by number, not by letter', renamed((l, part) => `${8 + l}.${part}`)],
    ['in any order', ours.toReversed()],
  ])('%s', (_, tensors) => {
    expect(givenWeights(tensors, layout)).toEqual({ parameters: values });
  });

  test.each<[string, NamedTensor[], RegExp]>([
    ['of two modules', renamed((l, part) => `${l === 0 ? 'a' : 'b'}.${l}.${part}`), /which layer is which/],
    ['without numbers', renamed((l, part) => `${'xyz'[l]}.${part}`), /has a tensor x\.weight/],
    ['a layer twice', [...ours, { ...ours[0]!, name: 'fc01.weight' }], /fc1\.weight and fc01\.weight/],
    ['no bias', ours.slice(0, -1), /has no fc3\.bias/],
    ['something else besides', [...ours, { name: 'bn.running_mean', shape: [1], data: Float32Array.of(1) }], /bn\.run/],
    ['nothing', [], /has no tensors/],
  ])('%s: refused', (_, tensors, why) => {
    expect(whyOf(tensors)).toMatch(why);
  });
});

test('other widths, another depth, and what is no number are refused by name', () => {
  const other = layoutOf([6, 7, 4, 3]);
  expect(whyOf(namedTensors(other, new Float32Array(other.parameters)))).toBe(
    'fc1.weight has the shape [7, 6], and the network 6-5-4-3 needs [5, 6]',
  );
  const shallow = layoutOf([6, 5, 3]);
  expect(whyOf(namedTensors(shallow, new Float32Array(shallow.parameters)))).toBe(
    'its layers are 6-5-3, and the network is 6-5-4-3',
  );
  const bad = values.slice();
  bad[layout.parameters - 1] = Number.NaN;
  expect(whyOf(namedTensors(layout, bad))).toBe('element 2 of fc3.bias is NaN');
});

test('a recorded file is told by its digest, wherever it lies', () => {
  const sha256 = 'ab'.repeat(32);
  const recorded = recordedInit('/a/b#c.safetensors', sha256);
  expect(initFileOf(recorded)).toEqual({ path: '/a/b#c.safetensors', sha256 });
  expect(initFileOf('weights.safetensors')).toEqual({ path: 'weights.safetensors', sha256: null });
  expect(initFileOf(`#sha256=${sha256}`)).toEqual({ path: `#sha256=${sha256}`, sha256: null });
  expect(initIdentity(recorded)).toBe(initIdentity(recordedInit('/elsewhere', sha256)));
  expect(initIdentity(null)).toBeNull();
});

// Parameters to begin from, put together from the named tensors of somebody's file: PyTorch's names, in the order of their
// numbers. Pure.

import { type Layout, type NamedTensor, namedTensors, widthsOf } from './layout.ts';

/** Parameters in canonical order, or why the tensors are not those of the network. */
export type GivenWeights = { readonly parameters: Float32Array } | { readonly why: string };

interface LayerTensors {
  weight?: NamedTensor;
  bias?: NamedTensor;
}

/**
 * Takes fc1.weight, fc1.bias, fc2.weight as in our model.safetensors, and what nn.Sequential calls 0.weight, 0.bias, 2.weight or
 * layers.0.weight: one name in front of all, and numbers that grow from layer to layer.
 */
export function givenWeights(tensors: readonly NamedTensor[], layout: Layout): GivenWeights {
  const found = layersOf(tensors);
  if ('why' in found) return found;
  const { layers } = found;
  const widths = layers.map(({ weight }, l) => (l === 0 ? `${weight.shape[1]}-${weight.shape[0]}` : weight.shape[0]));
  const wanted = widthsOf(layout);
  if (layers.length !== layout.layers.length) {
    return { why: `its layers are ${widths.join('-')}, and the network is ${wanted.join('-')}` };
  }
  const parameters = new Float32Array(layout.parameters);
  const given = layers.flatMap(({ weight, bias }) => [weight, bias]);
  for (const [i, { shape, data }] of namedTensors(layout, parameters).entries()) {
    const one = given[i]!;
    if (one.shape.join() !== shape.join()) {
      return {
        why: `${one.name} has the shape [${one.shape.join(', ')}], and the network ${wanted.join('-')} needs [${shape.join(', ')}]`,
      };
    }
    const bad = one.data.findIndex((value) => !Number.isFinite(value));
    if (bad !== -1) return { why: `element ${bad} of ${one.name} is ${one.data[bad]}` };
    data.set(one.data);
  }
  return { parameters };
}

function layersOf(
  tensors: readonly NamedTensor[],
): { readonly layers: readonly Required<LayerTensors>[] } | { readonly why: string } {
  const byNumber = new Map<number, LayerTensors>();
  let front: string | null = null;
  for (const tensor of tensors) {
    const [, before, number, part] = /^(.*?)(\d{1,6})\.(weight|bias)$/s.exec(tensor.name) ?? [];
    if (before === undefined || (part !== 'weight' && part !== 'bias')) {
      return {
        why: `it has a tensor ${tensor.name}, and all must be called like fc1.weight and fc1.bias, or 0.weight and 0.bias`,
      };
    }
    front ??= before;
    if (before !== front) {
      return { why: `it has ${front}N.weight and ${tensor.name}: which layer is which cannot be told` };
    }
    const layer = byNumber.get(Number(number)) ?? {};
    if (layer[part] !== undefined)
      return { why: `it has ${layer[part].name} and ${tensor.name}, which are one layer's` };
    layer[part] = tensor;
    byNumber.set(Number(number), layer);
  }
  if (byNumber.size === 0) return { why: 'it has no tensors' };
  const layers: Required<LayerTensors>[] = [];
  for (const [number, { weight, bias }] of [...byNumber].sort(([a], [b]) => a - b)) {
    if (weight === undefined || bias === undefined) {
      return { why: `it has no ${front}${number}.${weight === undefined ? 'weight' : 'bias'}` };
    }
    layers.push({ weight, bias });
  }
  return { layers };
}

// A model as an ONNX graph: raw pixels in, logits and probabilities out; normalisation is part of the graph.

import { namedTensors } from '../model/layout.ts';
import type { Model } from '../model/model.ts';
import { pixelMapOf } from '../model/normalization.ts';
import { encodeOnnx, type OnnxNode } from './onnx.ts';

export function encodeOnnxModel(
  model: Model,
  metadata: Readonly<Record<string, string>>,
  programVersion: string,
): Uint8Array {
  const { layout, parameters, rows, columns, widths } = model;
  const classes = widths.at(-1)!;
  const { scale, offset } = pixelMapOf(model.normalization);
  const nodes: OnnxNode[] = [
    { operator: 'Flatten', inputs: ['pixels'], outputs: ['flat'], attributes: { axis: 1 } },
    { operator: 'Mul', inputs: ['flat', 'scale'], outputs: ['scaled'] },
    { operator: 'Sub', inputs: ['scaled', 'offset'], outputs: ['normalised'] },
  ];
  let before = 'normalised';
  layout.layers.forEach(({ name }, l) => {
    const last = l + 1 === layout.layers.length;
    const sums = last ? 'logits' : `${name}.sums`;
    nodes.push({
      operator: 'Gemm',
      inputs: [before, `${name}.weight`, `${name}.bias`],
      outputs: [sums],
      attributes: { transB: 1 },
    });
    before = last ? sums : `${name}.relu`;
    if (!last) nodes.push({ operator: 'Relu', inputs: [sums], outputs: [before] });
  });
  nodes.push({ operator: 'Softmax', inputs: ['logits'], outputs: ['probabilities'], attributes: { axis: 1 } });
  return encodeOnnx({
    name: 'lockstep',
    description: Object.entries(metadata)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n'),
    producer: { name: 'lockstep', version: programVersion },
    nodes,
    tensors: [
      { name: 'scale', shape: [], data: Float32Array.of(scale) },
      { name: 'offset', shape: [], data: Float32Array.of(offset) },
      ...namedTensors(layout, parameters),
    ],
    inputs: [{ name: 'pixels', shape: ['batch', rows, columns] }],
    outputs: [
      { name: 'logits', shape: ['batch', classes] },
      { name: 'probabilities', shape: ['batch', classes] },
    ],
    metadata,
  });
}

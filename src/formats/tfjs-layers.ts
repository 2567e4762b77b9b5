// A TensorFlow.js LayersModel: model.json and weights.bin of a chain of dense layers, as tf.loadLayersModel reads them. It
// is fed with raw pixels: the first layers make them flat and normalise them.

import { floatBytes } from '../model/float-bytes.ts';
import { namedTensors } from '../model/layout.ts';
import type { Model } from '../model/model.ts';
import { pixelMapOf } from '../model/normalization.ts';

export interface LayersFiles {
  /** The text of model.json. */
  readonly modelJson: string;
  /** The bytes of weights.bin. */
  readonly weights: Uint8Array;
}

export function encodeLayersModel(model: Model, metadata: Readonly<Record<string, string>>): LayersFiles {
  const { layout, parameters, rows, columns } = model;
  const { scale, offset } = pixelMapOf(model.normalization);
  const layers: object[] = [
    layer('Flatten', { name: 'flatten', batch_input_shape: [null, rows, columns] }),
    layer('Rescaling', { name: 'normalise', scale, offset: -offset }),
    ...layout.layers.map(({ name, outputs }, l) =>
      layer('Dense', {
        name,
        units: outputs,
        activation: l + 1 < layout.layers.length ? 'relu' : 'softmax',
        use_bias: true,
      }),
    ),
  ];
  const specs = layout.layers.flatMap(({ name, inputs, outputs }) => [
    { name: `${name}/kernel`, shape: [inputs, outputs], dtype: 'float32' },
    { name: `${name}/bias`, shape: [outputs], dtype: 'float32' },
  ]);
  const modelJson = {
    format: 'layers-model',
    generatedBy: 'lockstep',
    convertedBy: null,
    modelTopology: {
      class_name: 'Sequential',
      config: { name: 'lockstep', layers },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
    userDefinedMetadata: metadata,
  };
  const tensors = namedTensors(layout, parameters);
  // our weights are rows of outputs, Keras' kernels rows of inputs
  const kernels = tensors.map(({ shape, data }) => (shape.length === 2 ? transposed(data, shape[0]!) : data));
  return { modelJson: `${JSON.stringify(modelJson, null, 2)}\n`, weights: Buffer.concat(kernels.map(floatBytes)) };
}

function layer(className: string, config: object): object {
  return { class_name: className, config: { trainable: true, dtype: 'float32', ...config } };
}

function transposed(data: Float32Array, rows: number): Float32Array {
  const columns = data.length / rows;
  const result = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c]!;
  return result;
}

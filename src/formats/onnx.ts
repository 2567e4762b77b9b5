// The ONNX format, as far as a chain of layers needs it: a graph -> bytes of a ModelProto. Knows nothing of our models.
// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import { floatBytes } from '../model/float-bytes.ts';
import { field, message, number, text } from './protobuf.ts';

interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers only. */
  readonly attributes?: Readonly<Record<string, number>>;
}

interface OnnxValue {
  readonly name: string;
  /** A string is a size that is open, by its name. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly description: string;
  readonly producer: { readonly name: string; readonly version: string };
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Understood by every runtime since 2021. */
const irVersion = 8;
const operatorSet = 13;
const float32 = 1;
const integerAttribute = 2;

export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  return message(
    number(1, irVersion),
    text(2, graph.producer.name),
    text(3, graph.producer.version),
    text(6, graph.description),
    field(7, graphProto(graph)),
    field(8, message(text(1, ''), number(2, operatorSet))),
    ...Object.entries(graph.metadata).map(([key, value]) => field(14, message(text(1, key), text(2, value)))),
  );
}

function graphProto({ name, description, nodes, tensors, inputs, outputs }: OnnxGraph): Uint8Array {
  return message(
    ...nodes.map((node, i) => field(1, nodeProto(node, `${node.operator}_${i}`))),
    text(2, name),
    ...tensors.map((tensor) => field(5, tensorProto(tensor))),
    text(10, description),
    ...inputs.map((value) => field(11, valueProto(value))),
    ...outputs.map((value) => field(12, valueProto(value))),
  );
}

function nodeProto({ operator, inputs, outputs, attributes = {} }: OnnxNode, name: string): Uint8Array {
  return message(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, name),
    text(4, operator),
    ...Object.entries(attributes).map(([key, value]) =>
      field(5, message(text(1, key), number(3, value), number(20, integerAttribute))),
    ),
  );
}

function tensorProto({ name, shape, data }: OnnxTensor): Uint8Array {
  const sizes = shape.map((size) => number(1, size));
  return message(...sizes, number(2, float32), text(8, name), field(9, floatBytes(data)));
}

function valueProto({ name, shape }: OnnxValue): Uint8Array {
  const sizes = shape.map((size) => field(1, message(typeof size === 'string' ? text(2, size) : number(1, size))));
  const tensorType = message(number(1, float32), field(2, message(...sizes)));
  return message(text(1, name), field(2, message(field(1, tensorType))));
}

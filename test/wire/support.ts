// Frames for the tests of the wire: hand-made headers, and one legal message of each type.

import fc from 'fast-check';
import { PROTOCOL_VERSION } from '../../src/wire/limits.ts';
import type { CoordinatorMessage, NodeMessage } from '../../src/wire/messages.ts';
import { ProtocolError } from '../../src/wire/protocol-error.ts';
import type { MessageBounds } from '../../src/wire/read-node-message.ts';

export const sizes: MessageBounds = { valueCount: 6, shards: 8, batchSize: 128, evaluationParts: 40, partSamples: 250 };

const sha = 'ab'.repeat(32);
const values = new Uint8Array(new Float32Array([1, -2, 3.5, 0, 1e-30, 6]).buffer);

export const nodeMessages: readonly NodeMessage[] = [
  {
    type: 'hello',
    protocolVersion: PROTOCOL_VERSION,
    programVersion: '0.2.0',
    numerics: 1,
    engine: 'wasm',
    selfTest: sha,
    name: 'lab 3',
    threads: 4,
    wide: true,
    metricsPort: 9465,
    rank: 3,
  },
  { type: 'need-data' },
  { type: 'ready' },
  {
    type: 'tree-node',
    epoch: 0,
    step: 70_000,
    attempt: 97,
    level: 2,
    index: 1,
    lossSum: 21.75,
    correctCount: 58,
    sampleCount: 64,
    computeMs: 0.625,
    packed: false,
    payload: values,
  },
  {
    type: 'tree-node',
    epoch: 0,
    step: 70_000,
    attempt: 97,
    level: 0,
    index: 3,
    lossSum: 0.5,
    correctCount: 16,
    sampleCount: 16,
    computeMs: 0,
    packed: true,
    payload: values.subarray(0, 23),
  },
  {
    type: 'evaluated',
    epoch: 1,
    step: 5,
    split: 'validation',
    attempt: 98,
    computeMs: 3,
    parts: [
      { part: 0, lossSum: 1.5, correctCount: 200, sampleCount: 250 },
      { part: 39, lossSum: Number.NaN, correctCount: 0, sampleCount: 10 },
    ],
  },
  { type: 'attempt-failed', attempt: 4_294_967_295, reason: 'out of memory' },
  { type: 'heartbeat' },
  { type: 'goodbye', reason: 'interrupted' },
];

export const known = { valueCount: 6, parameterStep: 41, dataBytes: 300_000, dataReceived: 262_144 };

export const coordinatorMessages: readonly CoordinatorMessage[] = [
  {
    type: 'welcome',
    workerId: 3,
    run: '2026-01-05-1200',
    configuration: { hidden: [128, 64], seed: 2 ** 53 - 1, lr: 0.001, augment: true, limit: null, name: 'Zürich' },
    dataDigest: sha,
    dataBytes: 54_950_020,
    valueCount: 109_516,
    heartbeatIntervalMs: 2_500,
    coordinatorTimeoutMs: 60_000,
  },
  { type: 'data', offset: 262_144, total: 300_000, payload: new Uint8Array(37_856).fill(7) },
  {
    type: 'step',
    epoch: 1,
    step: 42,
    stepInEpoch: 12,
    attempt: 99,
    blocks: [
      { level: 2, index: 1 },
      { level: 0, index: 2 },
    ],
    base: null,
    payload: values,
  },
  {
    type: 'step',
    epoch: 0,
    step: 41,
    stepInEpoch: 41,
    attempt: 100,
    blocks: [{ level: 3, index: 0 }],
    base: null,
    payload: new Uint8Array(0),
  },
  {
    type: 'step',
    epoch: 1,
    step: 42,
    stepInEpoch: 12,
    attempt: 101,
    blocks: [{ level: 3, index: 0 }],
    base: 41,
    payload: values.subarray(0, 23),
  },
  {
    type: 'evaluate',
    epoch: 0,
    step: 41,
    split: 'test',
    attempt: 1,
    blocks: [{ level: 5, index: 0 }],
    base: null,
    payload: values,
  },
  { type: 'heartbeat' },
  { type: 'goodbye', reason: 'you leave' },
  { type: 'outcome', exitCode: 143 },
];

/** A frame around a header's bytes, lies allowed: `length` is what the frame says of the header. */
export function rawFrame(
  header: Uint8Array,
  payload: Uint8Array = new Uint8Array(0),
  length = header.length,
): Uint8Array {
  const start = Math.ceil((4 + header.length) / 8) * 8;
  const message = new Uint8Array(start + payload.length);
  new DataView(message.buffer).setUint32(0, length, true);
  message.set(header, 4);
  message.set(payload, start);
  return message;
}

/** The close name that reading ends with, or 'accepted'. Anything but a ProtocolError is a failure of the test. */
export function outcome(read: () => unknown): string {
  try {
    read();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.closeName;
  }
}

export function bytes(...values: readonly (number | string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(values.flatMap((v) => (typeof v === 'string' ? [...Buffer.from(v)] : v)));
}

/** So many 32-bit words of any bits, NaNs, infinities, zeros of both signs and subnormal numbers often among them. */
export function anyBits(count: number): fc.Arbitrary<number[]> {
  const odd = [0, -0x80000000, 1, 0x7f800000, -0x00800000, 0x7fc00001, 0x7f800001, -1, 0x3f800000];
  const bits = fc.oneof(fc.integer({ min: -0x80000000, max: 0x7fffffff }), fc.constantFrom(...odd));
  return fc.array(bits, { minLength: count, maxLength: count });
}

/** The same bytes as a socket brings them, so many bytes behind the beginning of their memory. */
export function at(offset: number, some: Uint8Array): Buffer {
  return Buffer.from(Uint8Array.of(...new Uint8Array(offset), ...some).buffer, offset);
}
